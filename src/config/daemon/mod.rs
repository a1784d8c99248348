//! `wardbell.toml`: the daemon's settings.

mod address;
mod callers;
mod channels;
mod encryption;
mod feeds;
mod folders;
mod daily_test;
mod heartbeat;
mod level;
mod paging;
mod retention;
mod secret;
mod server;
mod sign_in;

use std::convert::identity;
use std::net::{Ipv4Addr, SocketAddr};

use schemars::{JsonSchema, Schema};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::callers::{RawOperator, RawSource};
use crate::config::daemon::channels::RawChannels;
use crate::config::daemon::daily_test::RawDailyTest;
use crate::config::daemon::encryption::RawEncryption;
use crate::config::daemon::feeds::RawCalendar;
use crate::config::daemon::folders::RawFiles;
use crate::config::daemon::heartbeat::RawHeartbeat;
use crate::config::daemon::level::Level;
use crate::config::daemon::paging::RawPaging;
use crate::config::daemon::retention::RawRetention;
use crate::config::daemon::secret::Off;
use crate::config::daemon::server::RawServer;
use crate::config::daemon::sign_in::{RawGroup, RawSignIn};
use crate::config::files::Files;
use crate::config::reader::{Spanned, Table};
use crate::config::settings::{LogFormat, LogSettings, Settings};
use crate::config::value_types::{Line, Read, Wrong, one_of, words};
use crate::diagnostic::{Code, Spot};
use crate::domain::access::{Access, TrustedProxies};
use crate::domain::bundling::Bundling;
use crate::domain::card::Senders;
use crate::domain::contact::ChannelKind;
use crate::domain::id::DepartmentId;
use crate::domain::page::HospitalName;
use crate::domain::person::Directory;
use crate::domain::test_message::DailyTest;
use crate::domain::words::neither;

pub use crate::config::daemon::callers::{heard_within, labels, watched};
pub use crate::config::daemon::folders::{PLAYBOOKS, Poll, ROSTERS};

/// Default listen address: a TLS proxy is expected in front.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Default folder of the record.
pub const STORE_PATH: &str = "/var/lib/wardbell";

/// The top-level keys.
pub const KEYS: [&str; 16] = [
    "server",
    "files",
    "store",
    "retention",
    "encryption",
    "fallback",
    "channel",
    "paging",
    "source",
    "operator",
    "sign_in",
    "group",
    "calendar",
    "heartbeat",
    "daily_test",
    "log",
];

// `None` means omitted or reported. Editors show the doc comments of the keys.

/// Settings of one hospital (`wardbell.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RawDaemon {
    #[schemars(skip)]
    spot: Spot,
    /// Network addresses and the hospital's name.
    server: RawServer,
    /// Folders of the files, relative to this file.
    #[schemars(default)]
    files: RawFiles,
    /// Storage of the record.
    #[schemars(default)]
    store: RawStore,
    /// Encryption of the record; default: none.
    encryption: Option<RawEncryption>,
    /// How long the record is kept.
    #[schemars(default)]
    retention: RawRetention,
    /// Department to page if no one else can be.
    fallback: RawFallback,
    /// Channels for pages.
    #[schemars(default)]
    channel: RawChannels,
    /// Bundling of messages to one person.
    #[schemars(default)]
    paging: RawPaging,
    /// Systems that may send incidents.
    #[schemars(rename = "source", default)]
    pub sources: Vec<RawSource>,
    /// People and programs that may read and act through the API and the command line.
    #[schemars(rename = "operator", default)]
    operators: Vec<RawOperator>,
    /// How people sign in.
    #[schemars(default)]
    sign_in: RawSignIn,
    /// What some people may do, beyond what a liaison may.
    #[schemars(rename = "group", default)]
    groups: Vec<RawGroup>,
    /// Calendar feeds.
    calendar: Option<RawCalendar>,
    /// Regular call to an external monitor, which alerts when the calls stop.
    heartbeat: Option<RawHeartbeat>,
    /// Daily test message on every channel, to prove that it works.
    daily_test: Option<RawDailyTest>,
    /// Logging.
    #[schemars(default)]
    log: RawLog,
}

/// Storage of the record.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawStore {
    /// Kind of storage.
    #[schemars(rename = "kind")]
    _kind: Option<Spanned<StoreKind>>,
    /// Folder; default: `/var/lib/wardbell`.
    path: Option<Spanned<Line>>,
}

/// Department to page if no one else can be.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawFallback {
    /// Department.
    #[schemars(required)]
    department: Option<Spanned<DepartmentId>>,
}

/// Logging.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RawLog {
    /// Format; default: text, or the systemd journal if it is available.
    format: Option<Spanned<LogFormat>>,
    /// A level, or a list such as `info,wardbell=debug`.
    level: Option<Spanned<Level>>,
}

pub fn read(mut table: Table<'_>) -> RawDaemon {
    let daemon = RawDaemon {
        spot: table.spot().clone(),
        server: table.required_table("server", "`[server]`").map(server::read).unwrap_or_default(),
        files: table.table("files", "`[files]`").map(folders::read).unwrap_or_default(),
        store: table.table("store", "`[store]`").map(read_store).unwrap_or_default(),
        encryption: table.table("encryption", "`[encryption]`").map(encryption::read),
        retention: table.table("retention", "`[retention]`").map(retention::read).unwrap_or_default(),
        fallback: table.required_table("fallback", "`[fallback]`").map(read_fallback).unwrap_or_default(),
        channel: table.table("channel", "`[channel]`").map(channels::read).unwrap_or_default(),
        paging: table.table("paging", "`[paging]`").map(paging::read).unwrap_or_default(),
        sign_in: table.table("sign_in", "`[sign_in]`").map(sign_in::read).unwrap_or_default(),
        calendar: table.table("calendar", "`[calendar]`").map(feeds::read),
        heartbeat: table.table("heartbeat", "`[heartbeat]`").map(heartbeat::read),
        daily_test: table.table("daily_test", "`[daily_test]`").map(daily_test::read),
        log: table.table("log", "`[log]`").map(read_log).unwrap_or_default(),
        sources: table.tables("source", "this source").into_iter().map(callers::read_source).collect(),
        operators: table.tables("operator", "this operator").into_iter().map(callers::read_operator).collect(),
        groups: table.tables("group", "this group").into_iter().map(sign_in::read_group).collect(),
    };
    table.finish();
    daemon
}

fn read_store(mut table: Table<'_>) -> RawStore {
    let store = RawStore { _kind: table.optional("kind"), path: table.optional("path") };
    table.finish();
    store
}

fn read_fallback(mut table: Table<'_>) -> RawFallback {
    let fallback = RawFallback { department: table.required("department") };
    table.finish();
    fallback
}

fn read_log(mut table: Table<'_>) -> RawLog {
    let log = RawLog { format: table.optional("format"), level: table.optional("level") };
    table.finish();
    log
}

impl RawDaemon {
    /// The listen address.
    pub fn listen(&self) -> SocketAddr {
        self.server.listen.as_ref().map_or(LISTEN, |listen| listen.value)
    }

    /// The folder of the record, relative to the configuration.
    pub fn store_path(&self) -> &str {
        self.store.path.as_ref().map_or(STORE_PATH, |path| &path.value.0)
    }

    /// The folder of the record, if set in the file.
    pub fn named_store_path(&self) -> Option<&str> {
        self.store.path.as_ref().map(|path| path.value.0.as_str())
    }

    pub fn encryption(&self) -> Option<&RawEncryption> {
        self.encryption.as_ref()
    }

    /// The folder of the rosters, and where it is set.
    pub fn rosters(&self) -> (&str, &Spot) {
        self.files.rosters().unwrap_or((ROSTERS, &self.spot))
    }

    /// The folder of the playbooks, and where it is set.
    pub fn playbooks(&self) -> (&str, &Spot) {
        self.files.playbooks().unwrap_or((PLAYBOOKS, &self.spot))
    }

    /// How often the files are compared with those in force.
    pub fn poll(&self) -> Poll {
        self.files.poll()
    }

    /// The fallback department.
    pub fn fallback(&self) -> Option<&Spanned<DepartmentId>> {
        self.fallback.department.as_ref()
    }

    /// The hospital's short name.
    pub fn hospital(&self) -> Option<&HospitalName> {
        self.server.hospital.as_ref().map(|hospital| &hospital.value)
    }

    /// The base URL of every link, and where it is set.
    pub fn public_url(&self) -> Option<(&str, &Spot)> {
        self.server.public_url.as_ref().map(|url| (url.value.0.as_str(), &url.spot))
    }

    /// The senders of pages, as far as they can be read.
    pub fn senders(&self) -> Senders {
        self.channel.senders()
    }

    /// Minimum time between messages to one person.
    pub fn bundling(&self) -> Bundling {
        self.paging.bundling()
    }

    /// Who may sign in, and how. Reports diagnostics.
    pub fn access(&self, context: &Context<'_>) -> Access {
        Access {
            members: sign_in::groups(&self.groups, context),
            sign_in: sign_in::rules(&self.sign_in, context),
            trusted_proxies: TrustedProxies(self.server.trusted_proxies()),
            directory: Directory::default(),
        }
    }

    /// Where `[daily_test]` is.
    pub fn daily_test_spot(&self) -> Option<&Spot> {
        self.daily_test.as_ref().map(|test| &test.spot)
    }

    /// When the channels are tested, if at all. Reports diagnostics.
    pub fn daily_test(&self, context: &Context<'_>) -> Option<DailyTest> {
        self.daily_test.as_ref().and_then(|raw| daily_test::validate(raw, context))
    }

    /// The configured channels, with valid settings or not.
    pub fn channels(&self) -> Vec<ChannelKind> {
        self.channel.value_types()
    }
}

/// Checks everything outside the plan, and reads the secrets.
pub fn validate(
    raw: &RawDaemon,
    files: &dyn Files,
    log_by_default: LogFormat,
    context: &Context<'_>,
) -> Option<Settings> {
    if raw.channels().is_empty() {
        let blocks = ChannelKind::ALL.map(|channel| format!("`[channel.{channel}]`"));
        let message = format!("{} is configured, so no one can be paged", neither(&blocks));
        context.diagnostics.warning(Code::NoChannel, &raw.spot, message);
    }
    let mut off = Off::default();
    let channels = raw.channel.validate(&mut off, files, context);
    let sources = callers::sources(&raw.sources, &mut off, files, context);
    let operators = callers::operators(&raw.operators, &mut off, files, context);
    let calendar_key = raw
        .calendar
        .as_ref()
        .map(|calendar| off.take("calendar", "calendar feeds are not served", feeds::key(calendar, files, context)));
    let heartbeat = raw
        .heartbeat
        .as_ref()
        .map(|raw| off.take("heartbeat", "no heartbeat is sent", heartbeat::validate(raw, files, context)));
    let encryption = raw.encryption.as_ref().map(|one| encryption::validate(one, raw.store_path(), files, context));
    if encryption.is_none() {
        encryption::warn_if_off(&raw.spot, raw.store_path(), files, context);
    }
    let level = raw.log.level.as_ref().map_or("info", |level| &level.value.0).to_owned();
    Some(Settings {
        listen: raw.listen(),
        public_url: raw.server.public_url.as_ref()?.value.0.as_str().into(),
        store_path: files.resolve(raw.store_path()),
        keep_for: retention::validate(&raw.retention, context),
        channels: channels?,
        sources: sources?,
        operators: operators?,
        calendar_key: calendar_key.map_or(Some(None), identity)?,
        heartbeat: heartbeat.map_or(Some(None), identity)?,
        encryption: match encryption {
            Some(encryption) => Some(encryption?),
            None => None,
        },
        missing: off.0,
        senders: raw.senders(),
        log: LogSettings { format: raw.log.format.as_ref().map_or(log_by_default, |format| format.value), level },
    })
}

const STORE_KINDS: [(&str, ()); 1] = [("embedded", ())];

/// `kind` of `[store]`.
struct StoreKind;

impl Read for StoreKind {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &STORE_KINDS).map(|()| Self)
    }

    fn schema() -> Schema {
        words(STORE_KINDS.map(|(word, ())| word))
    }
}

const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("text", LogFormat::Text), ("json", LogFormat::Json), ("journald", LogFormat::Journald)];

impl Read for LogFormat {
    fn read(value: &DeValue<'_>, label: &str) -> Result<Self, Wrong> {
        one_of(value, label, &LOG_FORMATS)
    }

    fn schema() -> Schema {
        words(LOG_FORMATS.map(|(word, _)| word))
    }
}
