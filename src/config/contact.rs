//! Contact addresses of people, keyed by channel name.

use schemars::{Schema, json_schema};
use serde_json::{Map, Value};
use toml::de::DeValue;

use crate::config::reader::{Spanned, Table};
use crate::config::value_types::{Read, Wrong, text};
use crate::diagnostic::{Code, Spot};
use crate::domain::contact::ChannelKind;

/// A contact in a file.
pub struct RawContact {
    pub channel: ChannelKind,
    pub address: String,
    pub spot: Spot,
}

/// The contacts of one table, in the order of the channels.
#[derive(Default)]
pub struct RawContacts {
    pub valid: Vec<RawContact>,
    /// The channels with an address in the file, valid or not.
    pub channels: Vec<ChannelKind>,
}

impl RawContacts {
    pub fn read(table: &mut Table<'_>) -> Self {
        let mut contacts = Self::default();
        for channel in ChannelKind::ALL {
            if table.value(channel.word()).is_some() {
                contacts.channels.push(channel);
            }
            if let Some(Spanned { value: address, spot }) = (form_of(channel).read)(table, channel.word()) {
                contacts.valid.push(RawContact { channel, address, spot });
            }
        }
        contacts
    }

    pub fn of(&self, channel: ChannelKind) -> Option<&RawContact> {
        self.valid.iter().find(|contact| contact.channel == channel)
    }
}

/// Adds the contact keys of a person to the schema.
pub fn add_keys_of_person(schema: &mut Schema) {
    add_keys(schema, |form| form.of_person);
}

/// Adds the contact keys of a test recipient to the schema.
pub fn add_keys_of_test(schema: &mut Schema) {
    add_keys(schema, |form| form.of_test);
}

fn add_keys(schema: &mut Schema, describe: fn(&AddressForm) -> &'static str) {
    let properties = schema.ensure_object().entry("properties").or_insert_with(|| Map::new().into());
    let Value::Object(properties) = properties else { return };
    for channel in ChannelKind::ALL {
        let form = form_of(channel);
        let mut key = (form.schema)();
        key.insert("description".to_owned(), describe(&form).into());
        properties.insert(channel.word().to_owned(), key.to_value());
    }
}

/// How the addresses of a channel look.
struct AddressForm {
    read: fn(&mut Table<'_>, &'static str) -> Option<Spanned<String>>,
    schema: fn() -> Schema,
    /// The description of the key for a person.
    of_person: &'static str,
    /// The description of the key for a test recipient.
    of_test: &'static str,
}

fn form_of(channel: ChannelKind) -> AddressForm {
    match channel {
        ChannelKind::Email => AddressForm {
            read: read::<EmailAddress>,
            schema: EmailAddress::schema,
            of_person: "Email address.",
            of_test: "Email address for the test message.",
        },
        ChannelKind::Sms => AddressForm {
            read: read::<PhoneNumber>,
            schema: PhoneNumber::schema,
            of_person: "Mobile number: `+`, country code, and number, without spaces.",
            of_test: "Phone number for the test message.",
        },
    }
}

fn read<T: Read + Into<String>>(table: &mut Table<'_>, key: &'static str) -> Option<Spanned<String>> {
    let address = table.optional::<T>(key)?;
    Some(Spanned { value: address.value.into(), spot: address.spot })
}

/// An email address that the mail channel can use.
#[derive(Debug, Clone, PartialEq, Eq)]
struct EmailAddress(String);

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
struct PhoneNumber(String);

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
