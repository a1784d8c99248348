//! `wardbell.toml`: what the daemon needs beside the plan.

mod address;
mod callers;
mod channels;
mod secret;

use std::net::{Ipv4Addr, SocketAddr};

use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::address::BaseUrl;
use crate::config::daemon::callers::{WrittenOperator, WrittenSource};
use crate::config::daemon::channels::{WrittenEmail, WrittenSms};
use crate::config::daemon::secret::SecretKind;
use crate::config::files::Files;
use crate::config::kinds::{Line, Read, Wrong, one_of, text};
use crate::config::reader::{Table, Written};
use crate::config::settings::{LogFormat, LogSettings, Settings};
use crate::diagnostic::{Code, Spot};
use crate::domain::card::Senders;
use crate::domain::id::DepartmentId;
use crate::domain::page::HospitalName;
use crate::domain::roster::ChannelKind;

pub use crate::config::daemon::callers::labels;

/// Where the daemon listens, unless the file says otherwise: a proxy with TLS stands before it.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The folder of the rosters, unless the file says otherwise.
pub const ROSTERS: &str = "rosters";

/// The folder of the playbooks, unless the file says otherwise.
pub const PLAYBOOKS: &str = "playbooks";

/// Where the daemon keeps its record, unless the file says otherwise.
const STORE_PATH: &str = "/var/lib/wardbell";

/// `wardbell.toml` as it was written; what is `None` is left out or was reported.
pub struct WrittenDaemon {
    spot: Spot,
    listen: Option<Written<SocketAddr>>,
    public_url: Option<Written<BaseUrl>>,
    hospital: Option<Written<HospitalName>>,
    rosters: Option<Written<Line>>,
    playbooks: Option<Written<Line>>,
    store_path: Option<Written<Line>>,
    pub fallback: Option<Written<DepartmentId>>,
    email: Option<WrittenEmail>,
    sms: Option<WrittenSms>,
    pub sources: Vec<WrittenSource>,
    operators: Vec<WrittenOperator>,
    calendar_key_file: Option<Written<Line>>,
    log_format: Option<Written<LogFormat>>,
    log_level: Option<Written<Level>>,
}

/// Reads the file.
pub fn read(mut table: Table<'_>) -> WrittenDaemon {
    let spot = table.spot().clone();
    let (listen, public_url, hospital) = read_server(table.required_table("server", "`[server]`"));
    let (rosters, playbooks) = read_files(table.table("files", "`[files]`"));
    let store_path = read_store(table.table("store", "`[store]`"));
    let fallback = table.required_table("fallback", "`[fallback]`").and_then(|mut inside| {
        let department = inside.required("department");
        inside.finish();
        department
    });
    let (email, sms) = channels::read(table.table("channel", "`[channel]`"));
    let calendar_key_file = table.table("calendar", "`[calendar]`").and_then(|mut inside| {
        let key_file = inside.required("key_file");
        inside.finish();
        key_file
    });
    let (log_format, log_level) = read_log(table.table("log", "`[log]`"));
    let sources = table.tables("source", "this source").into_iter().map(callers::read_source).collect();
    let operators = table.tables("operator", "this operator").into_iter().map(callers::read_operator).collect();
    table.finish();
    WrittenDaemon {
        spot,
        listen,
        public_url,
        hospital,
        rosters,
        playbooks,
        store_path,
        fallback,
        email,
        sms,
        sources,
        operators,
        calendar_key_file,
        log_format,
        log_level,
    }
}

type Server = (Option<Written<SocketAddr>>, Option<Written<BaseUrl>>, Option<Written<HospitalName>>);

fn read_server(table: Option<Table<'_>>) -> Server {
    let Some(mut table) = table else { return (None, None, None) };
    let server = (table.optional("listen"), table.required("public_url"), table.required("hospital"));
    table.finish();
    server
}

fn read_files(table: Option<Table<'_>>) -> (Option<Written<Line>>, Option<Written<Line>>) {
    let Some(mut table) = table else { return (None, None) };
    let files = (table.optional("rosters"), table.optional("playbooks"));
    table.finish();
    files
}

fn read_store(table: Option<Table<'_>>) -> Option<Written<Line>> {
    let mut table = table?;
    table.optional::<StoreKind>("kind");
    let path = table.optional("path");
    table.finish();
    path
}

fn read_log(table: Option<Table<'_>>) -> (Option<Written<LogFormat>>, Option<Written<Level>>) {
    let Some(mut table) = table else { return (None, None) };
    let log = (table.optional("format"), table.optional("level"));
    table.finish();
    log
}

impl WrittenDaemon {
    /// Where the daemon listens.
    pub fn listen(&self) -> SocketAddr {
        self.listen.as_ref().map_or(LISTEN, |listen| listen.value)
    }

    /// Where the daemon keeps its record, relative to the file.
    pub fn store_path(&self) -> &str {
        self.store_path.as_ref().map_or(STORE_PATH, |path| &path.value.0)
    }

    /// The folder of the rosters, and where it is named.
    pub fn rosters(&self) -> (&str, &Spot) {
        self.folder(self.rosters.as_ref(), ROSTERS)
    }

    /// The folder of the playbooks, and where it is named.
    pub fn playbooks(&self) -> (&str, &Spot) {
        self.folder(self.playbooks.as_ref(), PLAYBOOKS)
    }

    fn folder<'a>(&'a self, written: Option<&'a Written<Line>>, otherwise: &'a str) -> (&'a str, &'a Spot) {
        let named = written.map(|folder| (folder.value.0.trim_start_matches("./").trim_end_matches('/'), &folder.spot));
        named.unwrap_or((otherwise, &self.spot))
    }

    /// The hospital's short name.
    pub fn hospital(&self) -> Option<&HospitalName> {
        self.hospital.as_ref().map(|hospital| &hospital.value)
    }

    /// The base of every link, and where it is written.
    pub fn public_url(&self) -> Option<(&str, &Spot)> {
        self.public_url.as_ref().map(|url| (url.value.0.as_str(), &url.spot))
    }

    /// Where pages come from, as far as it could be understood.
    pub fn senders(&self) -> Senders {
        channels::senders(self.email.as_ref(), self.sms.as_ref())
    }

    /// The channels that are set up, rightly or wrongly.
    pub fn channels(&self) -> Vec<ChannelKind> {
        let email = self.email.as_ref().map(|_| ChannelKind::Email);
        email.into_iter().chain(self.sms.as_ref().map(|_| ChannelKind::Sms)).collect()
    }
}

/// Checks what is not of the plan, and reads the secrets.
pub fn validate(
    written: &WrittenDaemon,
    files: &dyn Files,
    log_by_default: LogFormat,
    context: &Context<'_>,
) -> Option<Settings> {
    if written.email.is_none() && written.sms.is_none() {
        let message = "neither `[channel.email]` nor `[channel.sms]` is set up, so nobody can be paged";
        context.mistakes.warning(Code::NoChannel, &written.spot, message);
    }
    let email = written.email.as_ref().map(|email| channels::email(email, files, context));
    let sms = written.sms.as_ref().map(|sms| channels::sms(sms, files, context));
    let sources = callers::sources(&written.sources, files, context);
    let operators = callers::operators(&written.operators, files, context);
    let calendar_key =
        written.calendar_key_file.as_ref().map(|file| secret::read("key_file", file, SecretKind::Key, files, context));
    let level = written.log_level.as_ref().map_or("info", |level| &level.value.0).to_owned();
    Some(Settings {
        listen: written.listen(),
        public_url: written.public_url.as_ref()?.value.0.as_str().into(),
        store_path: files.resolve(written.store_path()),
        email: match email {
            Some(email) => Some(email?),
            None => None,
        },
        sms: match sms {
            Some(sms) => Some(sms?),
            None => None,
        },
        sources: sources?,
        operators: operators?,
        calendar_key: match calendar_key {
            Some(key) => Some(key?),
            None => None,
        },
        senders: written.senders(),
        log: LogSettings { format: written.log_format.as_ref().map_or(log_by_default, |format| format.value), level },
    })
}

/// `kind` of `[store]`.
struct StoreKind;

impl Read for StoreKind {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &[("embedded", ())]).map(|()| Self)
    }
}

impl Read for LogFormat {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &[("text", Self::Text), ("json", Self::Json), ("journald", Self::Journald)])
    }
}

/// A level, or filter directives.
struct Level(String);

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

impl Read for Level {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        let text = text(value, label)?;
        if !text.contains(['=', ',']) {
            let levels: Vec<_> = LEVELS.iter().map(|level| (*level, *level)).collect();
            return one_of(value, label, &levels).map(|level| Self(level.to_owned()));
        }
        let filter = tracing_subscriber::EnvFilter::builder().parse(text);
        filter.map_err(|_| Wrong::value(format!("{label} is not a list such as `info,wardbell=debug`")))?;
        Ok(Self(text.to_owned()))
    }
}
