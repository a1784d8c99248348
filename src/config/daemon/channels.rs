//! `[channel.email]` and `[channel.sms]`.

use std::time::Duration;

use lettre::message::Mailbox;
use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::contact::is_e164;
use crate::config::context::Context;
use crate::config::daemon::address::BaseUrl;
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::kinds::{LINE_MAX, Line, Read, Wrong, one_of, text, words};
use crate::config::reader::{Table, Written};
use crate::config::settings::{EMAIL_TIMEOUT, EmailSettings, Login, SMS_TIMEOUT, SmsSettings, Tls};
use crate::diagnostic::Code;
use crate::domain::card::Senders;
use crate::domain::wait::Wait;

/// The Messages API that is spoken unless the file names a gateway.
const TWILIO: &str = "https://api.twilio.com";

/// An attempt that takes longer than this has failed, whatever comes of it.
const TIMEOUT_MAX: Wait = Wait::minutes(5);

/// How pages go out by mail.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenEmail {
    /// The mail server.
    #[schemars(required)]
    host: Option<Written<Word>>,
    /// Its port; left out, the usual one of `tls`.
    port: Option<Written<Port>>,
    /// How the connection is kept private; left out, `starttls`.
    tls: Option<Written<Tls>>,
    /// The mailbox that pages come from.
    #[schemars(required)]
    from: Option<Written<Sender>>,
    /// The account, where the server wants one.
    username: Option<Written<Line>>,
    /// The file that holds its password.
    password_file: Option<Written<Line>>,
    /// An attempt that takes longer has failed; at most `5m`.
    #[schemars(extend("examples" = ["20s"]))]
    timeout: Option<Written<Wait>>,
}

/// How pages go out as text messages.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenSms {
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

/// By what pages go out: at least one channel, better two that share nothing.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenChannels {
    /// By mail.
    pub email: Option<WrittenEmail>,
    /// By text message.
    pub sms: Option<WrittenSms>,
}

/// Reads both.
pub(super) fn read(mut table: Table<'_>) -> WrittenChannels {
    let channels = WrittenChannels {
        email: table.table("email", "`[channel.email]`").map(read_email),
        sms: table.table("sms", "`[channel.sms]`").map(read_sms),
    };
    table.finish();
    channels
}

fn read_email(mut table: Table<'_>) -> WrittenEmail {
    let email = WrittenEmail {
        host: table.required("host"),
        port: table.optional("port"),
        tls: table.optional("tls"),
        from: table.required("from"),
        username: table.optional("username"),
        password_file: table.optional("password_file"),
        timeout: table.optional("timeout"),
    };
    table.finish();
    email
}

fn read_sms(mut table: Table<'_>) -> WrittenSms {
    let sms = WrittenSms {
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

/// Checks `[channel.email]` and reads its secret.
pub(super) fn email(
    written: &WrittenEmail,
    files: &dyn Files,
    context: &Context<'_>,
) -> Result<EmailSettings, Lacking> {
    let tls = written.tls.as_ref().map_or(Tls::StartTls, |tls| tls.value);
    let usual_port = match tls {
        Tls::None => 25,
        Tls::StartTls => 587,
        Tls::Implicit => 465,
    };
    let login = login(written, files, context);
    let timeout = timeout(written.timeout.as_ref(), EMAIL_TIMEOUT, context);
    Ok(EmailSettings {
        host: written.host.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
        port: written.port.as_ref().map_or(usual_port, |port| port.value.0),
        tls,
        from: written.from.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
        login: login?,
        timeout,
    })
}

/// `None` without an account.
fn login(written: &WrittenEmail, files: &dyn Files, context: &Context<'_>) -> Result<Option<Login>, Lacking> {
    match (&written.username, &written.password_file) {
        (None, None) => Ok(None),
        (Some(username), None) => {
            context.mistakes.error(Code::MissingKey, &username.spot, "`username` needs a `password_file`");
            Err(Lacking::Settings)
        }
        (None, Some(file)) => {
            context.mistakes.error(Code::MissingKey, &file.spot, "`password_file` needs a `username`");
            Err(Lacking::Settings)
        }
        (Some(username), Some(file)) => {
            let password = secret::read("password_file", file, SecretKind::Theirs, files, context)?;
            Ok(Some(Login { username: username.value.0.clone(), password }))
        }
    }
}

/// Checks `[channel.sms]` and reads its secret.
pub(super) fn sms(written: &WrittenSms, files: &dyn Files, context: &Context<'_>) -> Result<SmsSettings, Lacking> {
    let token_file = written.auth_token_file.as_ref().ok_or(Lacking::Settings);
    let auth_token =
        token_file.and_then(|file| secret::read("auth_token_file", file, SecretKind::Theirs, files, context));
    let timeout = timeout(written.timeout.as_ref(), SMS_TIMEOUT, context);
    Ok(SmsSettings {
        base_url: written.base_url.as_ref().map_or(TWILIO, |url| &url.value.0).to_owned(),
        account_sid: written.account_sid.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
        from: written.from.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
        auth_token: auth_token?,
        timeout,
    })
}

/// Where pages come from: an address without its name, and a number unless a name stands in its place.
pub(super) fn senders(email: Option<&WrittenEmail>, sms: Option<&WrittenSms>) -> Senders {
    let mailbox = email.and_then(|email| email.from.as_ref()?.value.0.parse::<Mailbox>().ok());
    let number = sms.and_then(|sms| sms.from.as_ref()).map(|from| from.value.0.clone());
    Senders {
        number: number.filter(|number| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+')),
        email: mailbox.map(|mailbox| mailbox.email.to_string()),
    }
}

fn timeout(written: Option<&Written<Wait>>, usual: Duration, context: &Context<'_>) -> Duration {
    let Some(written) = written else { return usual };
    if written.value == Wait::ZERO || written.value > TIMEOUT_MAX {
        let message = format!("`timeout` must be longer than nothing and at most {TIMEOUT_MAX}");
        context.mistakes.error(Code::BadValue, &written.spot, message);
    }
    Duration::from_secs(written.value.as_seconds().into())
}

/// Text without blanks.
struct Word(String);

impl Read for Word {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let Line(text) = Line::read(value, label)?;
        if text.contains(|one: char| one.is_whitespace() || one == '/') {
            return Err(Wrong::value(format!("{label} must not hold blanks or slashes")));
        }
        Ok(Self(text))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": r"^\s*[^\s/]+\s*$", "maxLength": LINE_MAX })
    }
}

struct Port(u16);

impl Read for Port {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let port = u16::try_from(u64::read(value, label)?).ok().filter(|port| *port > 0);
        port.map(Self).ok_or_else(|| Wrong::value(format!("{label} must be from 1 to 65535")))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": 65_535 })
    }
}

const TLS: [(&str, Tls); 3] = [("none", Tls::None), ("starttls", Tls::StartTls), ("implicit", Tls::Implicit)];

impl Read for Tls {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &TLS)
    }

    fn schema() -> Schema {
        words(TLS.map(|(word, _)| word))
    }
}

struct Sender(String);

impl Read for Sender {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let Line(text) = Line::read(value, label)?;
        text.parse::<Mailbox>()
            .map_err(|_| Wrong::value(format!("{label} must be a mailbox such as `Wardbell <pages@mercy.example>`")))?;
        Ok(Self(text))
    }

    fn schema() -> Schema {
        json_schema!({ "type": "string", "pattern": "@", "examples": ["Wardbell <pages@mercy.example>"] })
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
