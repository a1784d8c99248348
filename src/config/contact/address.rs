//! The forms of addresses: email addresses, phone numbers, topics of push messages, and pager numbers.

use schemars::{Schema, json_schema};
use toml::de::DeValue;

use crate::config::value_types::{Read, Wrong, text};
use crate::diagnostic::Code;

/// The topic of push messages, or the number of a pager.
pub struct Token(String);

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl Read for Token {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("{label} must have 1 to {TOKEN_MAX} letters, digits, `-` or `_`, without spaces");
        Err(Wrong::value(message))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^[A-Za-z0-9_-]{{1,{TOKEN_MAX}}}$"), "examples": ["5550142"] })
    }
}

/// The longest topic of a push service.
const TOKEN_MAX: usize = 64;

/// An email address that the mail channel can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl Read for EmailAddress {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        let address: lettre::Address = text
            .parse()
            .map_err(|_| Wrong::value(format!("{label} must be an email address such as `name@hospital.example`")))?;
        if is_sms_gateway(address.domain()) {
            return Err(Wrong {
                code: Code::SmsGatewayAddress,
                message: format!(
                    "{label} is an email-to-SMS gateway of a carrier, which have been or are being shut down"
                ),
                hint: Some("set `sms` to the phone number and `email` to a mailbox".to_owned()),
                fix: None,
                is_secret: false,
            });
        }
        Ok(Self(text.to_owned()))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "format": "email", "examples": ["m.rivera@mercy.example"] })
    }
}

/// An ITU-T E.164 number: `+`, the country code, and the number, 7 to 15 digits in total.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

/// E.164 allows 15 digits; the shortest numbers in use have seven (Niue).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// A number of the North American Numbering Plan has 11 digits, including the leading 1.
const NORTH_AMERICAN_DIGITS: usize = 11;

impl Read for PhoneNumber {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        if is_e164(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Wrong {
            code: Code::BadPhoneNumber,
            message: format!("{label} is not a complete international number"),
            hint: Some(hint_for(text)),
            fix: None,
            is_secret: false,
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\+(1\d{10}|[2-9]\d{6,14})$", "examples": ["+13125550101"] })
    }
}

/// Whether the text is a complete international number without spaces or hyphens.
pub fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    let complete = !digits.starts_with('1') || digits.len() == NORTH_AMERICAN_DIGITS;
    !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && DIGITS.contains(&digits.len())
        && complete
}

fn hint_for(text: &str) -> String {
    let bare: String = text.chars().filter(|one| one.is_ascii_digit() || *one == '+').collect();
    if bare != text && is_e164(&bare) {
        "remove spaces, hyphens, and parentheses".to_owned()
    } else {
        "write `+`, the country code, and the number, such as `+13125550101`".to_owned()
    }
}

/// Carriers' email-to-SMS gateways by domain, including subdomains.
const SMS_GATEWAYS: &[&str] = &[
    // United States
    "txt.att.net",
    "mms.att.net",
    "page.att.net",
    "cingularme.com",
    "mobile.mycingular.com",
    "tmomail.net",
    "vtext.com",
    "vzwpix.com",
    "mypixmessages.com",
    "messaging.sprintpcs.com",
    "pm.sprint.com",
    "page.nextel.com",
    "messaging.nextel.com",
    "email.uscc.net",
    "mms.uscc.net",
    "sms.myboostmobile.com",
    "myboostmobile.com",
    "sms.cricketwireless.net",
    "mms.cricketwireless.net",
    "sms.mycricket.com",
    "mymetropcs.com",
    "msg.fi.google.com",
    "vmobl.com",
    "vmpix.com",
    "mmst5.tracfone.com",
    "text.republicwireless.com",
    "message.ting.com",
    "mailmymobile.net",
    "myhelio.com",
    "message.alltel.com",
    "text.wireless.alltel.com",
    "cwemail.com",
    "cellcom.quiktxt.com",
    "mobile.gci.net",
    // Canada
    "txt.bell.ca",
    "txt.bellmobility.ca",
    "pcs.rogers.com",
    "mms.rogers.com",
    "msg.telus.com",
    "mms.telusmobility.com",
    "fido.ca",
    "msg.koodomobile.com",
    "vmobile.ca",
    "text.mtsmobility.com",
    "sms.sasktel.com",
    "txt.freedommobile.ca",
    // Europe
    "t-mobile-sms.de",
    "t-d1-sms.de",
    "vodafone-sms.de",
    "smsmail.eplus.de",
    "o2imail.co.uk",
    "mmail.co.uk",
    "text.plusgsm.pl",
    "sms.orange.pl",
    "gsm.sunrise.ch",
    "sms.tele2.se",
    "mms.vodafone.it",
    // Other regions
    "sms.spark.co.nz",
    "sms.vodafone.net.nz",
    "sms.telstra.com",
    "tim.telstra.com",
    "optusmobile.com.au",
    "clarotorpedo.com.br",
    "torpedoemail.com.br",
    "sms.itelcel.com",
    "msgnextel.com.mx",
];

fn is_sms_gateway(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    SMS_GATEWAYS
        .iter()
        .any(|gateway| domain.strip_suffix(gateway).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_complete_and_international() {
        for number in ["+13125550101", "+4930123456", "+442079460000", "+6421123456"] {
            assert!(is_e164(number), "{number}");
        }
        for number in [
            "",
            "+",
            "13125550101",
            "+1312555010",
            "+1 312 555 0101",
            "+0312555010",
            "+12345678901234567",
            "+1３125550101",
        ] {
            assert!(!is_e164(number), "{number}");
        }
    }

    #[test]
    fn gateways_are_known_with_their_subdomains() {
        for domain in ["vtext.com", "VText.com", "sub.vtext.com", "txt.att.net"] {
            assert!(is_sms_gateway(domain), "{domain}");
        }
        for domain in ["att.net", "myvtext.com", "mercy.example"] {
            assert!(!is_sms_gateway(domain), "{domain}");
        }
    }
}
