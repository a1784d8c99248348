//! `[channel.sms]`: text messages over Twilio, or a gateway that speaks its Messages API.

use std::time::Duration;

use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::is_e164;
use crate::config::context::Context;
use crate::config::daemon::address::BaseUrl;
use crate::config::daemon::channels::block::{SettingsBlock, Word, timeout};
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::kinds::{Line, Read, Wrong, one_of, text, words};
use crate::config::reader::{Table, Written};
use crate::config::settings::{ProviderSettings, TwilioSettings};
use crate::diagnostic::Code;
use crate::domain::card::Senders;
use crate::domain::wait::Wait;

/// The Messages API that is spoken unless the file names a gateway.
const TWILIO: &str = "https://api.twilio.com";

/// A hung gateway is given up on after this long, unless the file says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How pages go out as text messages.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenTwilio {
    /// Which API the gateway speaks.
    #[schemars(rename = "kind")]
    _kind: Option<Written<SmsKind>>,
    /// Where it is; left out, Twilio.
    base_url: Option<Written<BaseUrl>>,
    /// The account.
    #[schemars(required)]
    account_sid: Option<Written<Word>>,
    /// The file that holds its token.
    #[schemars(required)]
    auth_token_file: Option<Written<Line>>,
    /// The number that pages come from: people let it through at night.
    #[schemars(required)]
    from: Option<Written<SmsSender>>,
    /// An attempt that takes longer has failed; at most `5m`.
    #[schemars(extend("examples" = ["20s"]))]
    timeout: Option<Written<Wait>>,
}

pub(super) fn read(mut table: Table<'_>) -> WrittenTwilio {
    let sms = WrittenTwilio {
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

impl SettingsBlock for WrittenTwilio {
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

    /// A number or a short code; no contact can hold a name in its place.
    fn add_sender(&self, senders: &mut Senders) {
        let number = self.from.as_ref().map(|from| from.value.0.clone());
        senders.number = number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+'));
    }
}

/// Gateways are spoken to as these.
const SMS_KINDS: [(&str, ()); 1] = [("twilio", ())];

/// `kind` of `[channel.sms]`.
struct SmsKind;

impl Read for SmsKind {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &SMS_KINDS).map(|()| Self)
    }

    fn schema() -> Schema {
        words(SMS_KINDS.map(|(word, ())| word))
    }
}

/// A number, a short code of 3 to 8 digits, or a name of up to 11 letters and digits where the country allows one.
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
