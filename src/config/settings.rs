//! What `wardbell.toml` sets beside the plan, valid and with its secrets read.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::domain::card::Senders;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{OperatorName, SourceName};
use crate::domain::master_key::MasterKeys;
use crate::domain::retention::Retention;

/// What the daemon needs to run, beside the plan.
#[derive(Debug)]
pub struct Settings {
    /// Where the daemon listens.
    pub listen: SocketAddr,
    /// The base of every link, without a slash at the end.
    pub public_url: Arc<str>,
    /// Holds `journal/` and `store/`.
    pub store_path: PathBuf,
    /// For how long the record is kept.
    pub keep_for: Retention,
    /// The channels that are set up, with what the provider of each needs.
    pub channels: BTreeMap<ChannelKind, ProviderSettings>,
    /// Who may send incidents.
    pub sources: Vec<SourceSettings>,
    /// Who may read and act.
    pub operators: Vec<OperatorSettings>,
    /// The secret that the links of calendar feeds are made from, if there are to be any.
    pub calendar_key: Option<SecretString>,
    /// The call that tells others that all is well, if there is one.
    pub heartbeat: Option<HeartbeatSettings>,
    /// The keys of what is sealed in the record, if anything is to be.
    pub encryption: Option<EncryptionSettings>,
    /// What is off, as its secret is not at hand.
    pub missing: Vec<MissingSecret>,
    /// Where pages come from.
    pub senders: Senders,
    /// How to log.
    pub log: LogSettings,
}

impl Settings {
    /// The parts that are set up, as metrics name them.
    pub fn parts(&self) -> Vec<String> {
        let channels = self.channels.keys().map(|channel| format!("channel.{channel}"));
        let calendar = self.calendar_key.as_ref().map(|_| "calendar".to_owned());
        let heartbeat = self.heartbeat.as_ref().map(|_| "heartbeat".to_owned());
        let sources = self.sources.iter().map(|source| format!("source.{}", source.name));
        let operators = self.operators.iter().map(|operator| format!("operator.{}", operator.name));
        channels.chain(calendar).chain(heartbeat).chain(sources).chain(operators).collect()
    }
}

/// A part of the daemon that is off, as its secret is not at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingSecret {
    /// The part, as metrics name it: `channel.sms`, `source.listening-desk`.
    pub part: String,
    /// What does not work without it, why, and the cure.
    pub message: String,
}

/// `[encryption]`
#[derive(Debug, Clone)]
pub struct EncryptionSettings {
    /// The master keys, or why they cannot be read: then people are paged all the same.
    pub master_keys: Result<MasterKeys, String>,
    /// The folder of the data keys.
    pub keys_path: PathBuf,
}

/// What a provider needs.
#[derive(Debug, Clone)]
pub enum ProviderSettings {
    Smtp(SmtpSettings),
    Twilio(TwilioSettings),
}

/// `[channel.email]`
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// The mail server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// The sender, such as `Wardbell <pages@mercy.example>`.
    pub from: String,
    /// The account, where the server wants one.
    pub login: Option<Login>,
    /// For one whole attempt.
    pub timeout: Duration,
}

/// An account at a mail server.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its name.
    pub username: String,
    /// Its password.
    pub password: SecretString,
}

/// How a mail connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: for a relay on the same machine.
    None,
    /// STARTTLS, required (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
}

/// `[channel.sms]`
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// The gateway's address, without a slash at the end.
    pub base_url: String,
    /// The account.
    pub account_sid: String,
    /// Its secret.
    pub auth_token: SecretString,
    /// The sender's number.
    pub from: String,
    /// For one whole attempt.
    pub timeout: Duration,
}

/// `[heartbeat]`
#[derive(Debug, Clone)]
pub struct HeartbeatSettings {
    /// Called with GET; a secret, as whoever knows it can call in our place.
    pub url: SecretString,
    /// How often.
    pub every: Duration,
}

/// `[[source]]`
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// Its name.
    pub name: SourceName,
    /// Its bearer token.
    pub token: SecretString,
    /// Whether what would be cleaned refuses an incident.
    pub strictness: Strictness,
}

/// What becomes of an incident with something odd in it that routes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strictness {
    /// It is cleaned and accepted, with warnings in the answer.
    #[default]
    Lenient,
    /// It is refused, which suits a source that is still being built.
    Strict,
}

/// `[[operator]]`
#[derive(Debug, Clone)]
pub struct OperatorSettings {
    /// Its name.
    pub name: OperatorName,
    /// Its bearer token.
    pub token: SecretString,
    /// What it may do.
    pub may: Vec<Permission>,
}

/// What an operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read incidents and who is on call.
    Read,
    /// Acknowledge, decline, escalate, resolve, note.
    Act,
    /// Hand in incidents.
    Open,
    /// Everything.
    Admin,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Where and in which form lines are written.
    pub format: LogFormat,
    /// A level, or filter directives as `tracing-subscriber` reads them.
    pub level: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, to standard error.
    Text,
    /// One JSON object a line, to standard error.
    Json,
    /// To the systemd journal, with fields; to standard error where there is none.
    Journald,
}
