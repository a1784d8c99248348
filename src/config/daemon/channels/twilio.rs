//! `[channel.sms]`: text messages through Twilio or a gateway with its Messages API.

use std::time::Duration;

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::address::is_e164;
use crate::config::context::Context;
use crate::config::daemon::address::BaseUrl;
use crate::config::daemon::channels::block::{SettingsBlock, Word, timeout};
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::settings::{ProviderSettings, TwilioSettings};
use crate::config::value_types::{Line, Read, Wrong, one_of, text, words};
use crate::diagnostic::Code;
use crate::domain::card::Senders;
use crate::domain::wait::Wait;

/// The default gateway.
const TWILIO: &str = "https://api.twilio.com";

/// Default `timeout`.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Pages by text message.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawTwilio {
    /// API of the gateway.
    #[schemars(rename = "kind")]
    _kind: Option<Spanned<SmsKind>>,
    /// Address of the gateway; default: Twilio.
    base_url: Option<Spanned<BaseUrl>>,
    /// Account.
    #[schemars(required)]
    account_sid: Option<Spanned<Word>>,
    /// File with the account's token.
    #[schemars(required)]
    auth_token_file: Option<Spanned<Line>>,
    /// Sender number, which people can let through "do not disturb".
    #[schemars(required)]
    from: Option<Spanned<SmsSender>>,
    /// Time limit for one attempt; at most `5m`.
    #[schemars(extend("examples" = ["20s"]))]
    timeout: Option<Spanned<Wait>>,
}

pub(super) fn read(mut table: Table<'_>) -> RawTwilio {
    let sms = RawTwilio {
        _kind: table.optional("kind"),
        base_url: table.optional("base_url"),
        account_sid: table.required("account_sid"),
        auth_token_file: table.required("auth_token_file"),
        from: table.required("from"),
        timeout: table.optional("timeout"),
    };
    table.finish();
    sms
}

impl SettingsBlock for RawTwilio {
    fn validate(&self, files: &dyn Files, context: &Context<'_>) -> Result<ProviderSettings, Lacking> {
        let token_file = self.auth_token_file.as_ref().ok_or(Lacking::Settings);
        let auth_token =
            token_file.and_then(|file| secret::read("auth_token_file", file, SecretKind::Theirs, files, context));
        let timeout = timeout(self.timeout.as_ref(), TIMEOUT, context);
        Ok(ProviderSettings::Twilio(TwilioSettings {
            base_url: self.base_url.as_ref().map_or(TWILIO, |url| &url.value.0).to_owned(),
            account_sid: self.account_sid.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
            from: self.from.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
            auth_token: auth_token?,
            timeout,
        }))
    }

    /// A number or a short code; a contact cannot contain a sender name.
    fn add_sender(&self, senders: &mut Senders) {
        let number = self.from.as_ref().map(|from| from.value.0.clone());
        senders.number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+'));
    }
}

/// The gateway APIs.
const SMS_KINDS: [(&str, ()); 1] = [("twilio", ())];

struct SmsKind;

impl Read for SmsKind {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &SMS_KINDS).map(|()| Self)
    }

    fn schema() -> Schema {
        words(SMS_KINDS.map(|(word, ())| word))
    }
}

/// A number, a short code of 3 to 8 digits, or, where the country allows it, a name of up to 11 letters and digits.
struct SmsSender(String);

impl Read for SmsSender {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        let short_code = (3..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ');
        let name = (1..=11).contains(&text.len()) && plain && text.bytes().any(|byte| byte.is_ascii_alphabetic());
        if is_e164(text) || short_code || name {
            return Ok(Self(text.to_owned()));
        }
        Err(Wrong {
            code: Code::BadPhoneNumber,
            ..Wrong::value(format!("{label} must be a number such as `+13125550100`"))
        })
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"^(\+\d{7,15}|[A-Za-z0-9 ]{1,11})$", "examples": ["+13125550100"] })
    }
}
