//! `[channel.email]`: email over SMTP.

use std::time::Duration;

use lettre::message::Mailbox;
use schemars::{JsonSchema, Schema, json_schema};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::channels::block::{SettingsBlock, Word, timeout};
use crate::config::daemon::secret::{self, Lacking, SecretKind};
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::settings::{Login, ProviderSettings, SmtpSettings, Tls};
use crate::config::value_types::{Line, Read, Wrong, one_of, words};
use crate::diagnostic::Code;
use crate::domain::card::Senders;
use crate::domain::wait::Wait;

/// Default `timeout`.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Pages by email.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawSmtp {
    /// Mail server.
    #[schemars(required)]
    host: Option<Spanned<Word>>,
    /// Port; default: the usual port for `tls`.
    port: Option<Spanned<Port>>,
    /// Connection security; default: `starttls`.
    tls: Option<Spanned<Tls>>,
    /// Sender of pages.
    #[schemars(required)]
    from: Option<Spanned<Sender>>,
    /// User name, if the server requires one.
    username: Option<Spanned<Line>>,
    /// File with the password.
    password_file: Option<Spanned<Line>>,
    /// Time limit for one attempt; at most `5m`.
    #[schemars(extend("examples" = ["20s"]))]
    timeout: Option<Spanned<Wait>>,
    /// The keys of the login that are in the file, valid or not.
    #[schemars(skip)]
    login: Vec<&'static str>,
}

pub(super) fn read(mut table: Table<'_>) -> RawSmtp {
    let mut email = RawSmtp {
        host: table.required("host"),
        port: table.optional("port"),
        tls: table.optional("tls"),
        from: table.required("from"),
        username: table.optional("username"),
        password_file: table.optional("password_file"),
        timeout: table.optional("timeout"),
        login: Vec::new(),
    };
    email.login.extend(["username", "password_file"].into_iter().filter(|key| table.has(key)));
    table.finish();
    email
}

impl SettingsBlock for RawSmtp {
    fn validate(&self, files: &dyn Files, context: &Context<'_>) -> Result<ProviderSettings, Lacking> {
        let tls = self.tls.as_ref().map_or(Tls::StartTls, |tls| tls.value);
        let usual_port = match tls {
            Tls::None => 25,
            Tls::StartTls => 587,
            Tls::Implicit => 465,
        };
        let login = login(self, files, context);
        let timeout = timeout(self.timeout.as_ref(), TIMEOUT, context);
        Ok(ProviderSettings::Smtp(SmtpSettings {
            host: self.host.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
            port: self.port.as_ref().map_or(usual_port, |port| port.value.0),
            tls,
            from: self.from.as_ref().ok_or(Lacking::Settings)?.value.0.clone(),
            login: login?,
            timeout,
        }))
    }

    /// The address without the display name.
    fn add_sender(&self, senders: &mut Senders) {
        let mailbox = self.from.as_ref().and_then(|from| from.value.0.parse::<Mailbox>().ok());
        senders.email = mailbox.map(|mailbox| mailbox.email.to_string());
    }
}

/// `None` without a user name.
fn login(raw: &RawSmtp, files: &dyn Files, context: &Context<'_>) -> Result<Option<Login>, Lacking> {
    match (&raw.username, &raw.password_file) {
        (None, None) => Ok(None),
        _ if raw.login.len() == 2 && (raw.username.is_none() || raw.password_file.is_none()) => Err(Lacking::Settings),
        (Some(username), None) => {
            context.diagnostics.error(Code::MissingKey, &username.spot, "`username` needs a `password_file`");
            Err(Lacking::Settings)
        }
        (None, Some(file)) => {
            context.diagnostics.error(Code::MissingKey, &file.spot, "`password_file` needs a `username`");
            Err(Lacking::Settings)
        }
        (Some(username), Some(file)) => {
            let password = secret::read("password_file", file, SecretKind::Theirs, files, context)?;
            Ok(Some(Login { username: username.value.0.clone(), password }))
        }
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
