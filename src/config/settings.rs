//! The valid settings of `wardbell.toml`, with their secrets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::card::Senders;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{OperatorName, SourceName};
use crate::domain::master_key::{BadMasterKeys, MasterKeys};
use crate::domain::permission::Permission;
use crate::domain::retention::Retention;

/// What the daemon needs to run, besides the plan.
#[derive(Debug)]
pub struct Settings {
    pub listen: SocketAddr,
    /// The base URL of every link, without a trailing slash.
    pub public_url: Arc<str>,
    /// Contains `journal/` and `store/`.
    pub store_path: PathBuf,
    pub keep_for: Retention,
    /// The configured channels, with the settings of each provider.
    pub channels: BTreeMap<ChannelKind, ProviderSettings>,
    pub sources: Vec<SourceSettings>,
    pub operators: Vec<OperatorSettings>,
    /// The key of the calendar feed links, if feeds are enabled.
    pub calendar_key: Option<SecretString>,
    pub heartbeat: Option<HeartbeatSettings>,
    /// The encryption keys, if encryption is enabled.
    pub encryption: Option<EncryptionSettings>,
    /// The parts that are off because their secrets are missing.
    pub missing: Vec<MissingSecret>,
    /// The senders of pages.
    pub senders: Senders,
    pub log: LogSettings,
}

impl Settings {
    /// The configured parts, by their names in metrics.
    pub fn parts(&self) -> Vec<String> {
        let channels = self.channels.keys().map(|channel| format!("channel.{channel}"));
        let calendar = self.calendar_key.as_ref().map(|_| "calendar".to_owned());
        let heartbeat = self.heartbeat.as_ref().map(|_| "heartbeat".to_owned());
        let sources = self.sources.iter().map(|source| format!("source.{}", source.name));
        let forms = self.sources.iter().filter(|source| source.form_token.is_some());
        let forms = forms.map(|source| format!("source.{}.form", source.name));
        let operators = self.operators.iter().map(|operator| format!("operator.{}", operator.name));
        channels.chain(calendar).chain(heartbeat).chain(sources).chain(forms).chain(operators).collect()
    }
}

/// A part of the daemon that is off because its secret is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSecret {
    /// The name of the part in metrics: `channel.sms`, `source.listening-desk`.
    pub part: String,
    /// What does not work, why, and how to fix it.
    pub message: String,
}

/// Why there are no master keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoMasterKeys {
    #[error("`[encryption]` has no `master_key_file`")]
    NotNamed,
    /// The file that it names cannot be used.
    #[error("{message}; {hint}")]
    File { message: String, hint: String },
    /// The file that the command line names.
    #[error("cannot read {shown}: {error}")]
    Unreadable { shown: String, error: String },
    #[error("the file {shown} {bad}")]
    Bad { shown: String, bad: BadMasterKeys },
}

/// `[encryption]`
#[derive(Debug, Clone)]
pub struct EncryptionSettings {
    /// The master keys, or why they cannot be read; the daemon pages either way.
    pub master_keys: Result<MasterKeys, NoMasterKeys>,
    pub keys_path: PathBuf,
}

/// The settings of a provider.
#[derive(Debug, Clone)]
pub enum ProviderSettings {
    Smtp(SmtpSettings),
    Twilio(TwilioSettings),
}

/// `[channel.email]`
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address of the mail server.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// The sender, such as `Wardbell <pages@mercy.example>`.
    pub from: String,
    /// The account, if the server requires one.
    pub login: Option<Login>,
    /// Time limit for one attempt.
    pub timeout: Duration,
}

/// An account on a mail server.
#[derive(Debug, Clone)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}

/// Connection security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// None: for a relay on the same machine.
    None,
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// `[channel.sms]`
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// The gateway's address, without a trailing slash.
    pub base_url: String,
    pub account_sid: String,
    pub auth_token: SecretString,
    pub from: String,
    /// Time limit for one attempt.
    pub timeout: Duration,
}

/// `[heartbeat]`
#[derive(Debug, Clone)]
pub struct HeartbeatSettings {
    /// Called with GET. Secret, because anyone who has it can send heartbeats.
    pub url: SecretString,
    pub every: Duration,
}

/// `[[source]]`
#[derive(Debug, Clone)]
pub struct SourceSettings {
    pub name: SourceName,
    pub token: SecretString,
    /// In the link of its form, if it has one.
    pub form_token: Option<SecretString>,
    /// Whether incidents that need cleaning are rejected.
    pub strictness: Strictness,
}

/// How to treat an incident with an invalid part that does not affect routing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Clean and accept it, with warnings in the response.
    #[default]
    Lenient,
    /// Reject it, for a source that is under development.
    Strict,
}

/// `[[operator]]`
#[derive(Debug, Clone)]
pub struct OperatorSettings {
    pub name: OperatorName,
    pub token: SecretString,
    pub may: Vec<Permission>,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    pub format: LogFormat,
    /// A level, or filter directives of `tracing-subscriber`.
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text, to standard error.
    Text,
    /// One JSON object per line, to standard error.
    Json,
    /// To the systemd journal, with fields; to standard error if there is no journal.
    Journald,
}
