//! `wardbell.toml`: the daemon's settings.

mod address;
mod callers;
mod channels;
mod encryption;
mod feeds;
mod daily_test;
mod heartbeat;
mod level;
mod paging;
mod retention;
mod secret;

use std::convert::identity;
use std::net::{Ipv4Addr, SocketAddr};

use schemars::{JsonSchema, Schema};
use toml::de::DeValue;

use crate::config::context::Context;
use crate::config::daemon::address::BaseUrl;
use crate::config::daemon::callers::{WrittenOperator, WrittenSource};
use crate::config::daemon::channels::WrittenChannels;
use crate::config::daemon::daily_test::WrittenDailyTest;
use crate::config::daemon::encryption::WrittenEncryption;
use crate::config::daemon::feeds::WrittenCalendar;
use crate::config::daemon::heartbeat::WrittenHeartbeat;
use crate::config::daemon::level::Level;
use crate::config::daemon::paging::WrittenPaging;
use crate::config::daemon::retention::WrittenRetention;
use crate::config::daemon::secret::Off;
use crate::config::files::Files;
use crate::config::kinds::{Line, Read, Wrong, one_of, words};
use crate::config::reader::{Table, Written};
use crate::config::settings::{LogFormat, LogSettings, Settings};
use crate::diagnostic::{Code, Spot};
use crate::domain::bundling::Bundling;
use crate::domain::card::Senders;
use crate::domain::contact::ChannelKind;
use crate::domain::id::DepartmentId;
use crate::domain::page::HospitalName;
use crate::domain::test_message::DailyTest;
use crate::domain::words::neither;

pub use crate::config::daemon::callers::{heard_within, labels, watched};

/// Default listen address: a TLS proxy is expected in front.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Default folder of the rosters.
pub const ROSTERS: &str = "rosters";

/// Default folder of the playbooks.
pub const PLAYBOOKS: &str = "playbooks";

/// Default folder of the record.
pub const STORE_PATH: &str = "/var/lib/wardbell";

/// The top-level keys.
pub const KEYS: [&str; 14] = [
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
    "calendar",
    "heartbeat",
    "daily_test",
    "log",
];

// `None` means omitted or reported. Editors show the doc comments of the keys.

/// Settings of one hospital (`wardbell.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenDaemon {
    #[schemars(skip)]
    spot: Spot,
    /// Network addresses and the hospital's name.
    server: WrittenServer,
    /// Folders of the files, relative to this file.
    #[schemars(default)]
    files: WrittenFiles,
    /// Storage of the record.
    #[schemars(default)]
    store: WrittenStore,
    /// Encryption of the record; default: none.
    encryption: Option<WrittenEncryption>,
    /// How long the record is kept.
    #[schemars(default)]
    retention: WrittenRetention,
    /// Department to page if no one else can be.
    fallback: WrittenFallback,
    /// Channels for pages.
    #[schemars(default)]
    channel: WrittenChannels,
    /// Bundling of messages to one person.
    #[schemars(default)]
    paging: WrittenPaging,
    /// Systems that may send incidents.
    #[schemars(rename = "source", default)]
    pub sources: Vec<WrittenSource>,
    /// People and programs that may read and act through the API and the command line.
    #[schemars(rename = "operator", default)]
    operators: Vec<WrittenOperator>,
    /// Calendar feeds.
    calendar: Option<WrittenCalendar>,
    /// Regular call to an external monitor, which alerts when the calls stop.
    heartbeat: Option<WrittenHeartbeat>,
    /// Daily test message on every channel, to prove that it works.
    daily_test: Option<WrittenDailyTest>,
    /// Logging.
    #[schemars(default)]
    log: WrittenLog,
}

/// Network addresses and the hospital's name.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenServer {
    /// Address and port to listen on; default: `127.0.0.1:8080`.
    listen: Option<Written<SocketAddr>>,
    /// Base URL of every link in a page, as reachable from outside.
    #[schemars(required)]
    public_url: Option<Written<BaseUrl>>,
    /// Short name of the hospital, at the start of every page.
    #[schemars(required)]
    hospital: Option<Written<HospitalName>>,
}

/// Folders of the files, relative to this file.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenFiles {
    /// Folder of the rosters; default: `rosters`.
    rosters: Option<Written<Line>>,
    /// Folder of the playbooks; default: `playbooks`.
    playbooks: Option<Written<Line>>,
}

/// Storage of the record.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenStore {
    /// Kind of storage.
    #[schemars(rename = "kind")]
    _kind: Option<Written<StoreKind>>,
    /// Folder; default: `/var/lib/wardbell`.
    path: Option<Written<Line>>,
}

/// Department to page if no one else can be.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenFallback {
    /// Department.
    #[schemars(required)]
    department: Option<Written<DepartmentId>>,
}

/// Logging.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenLog {
    /// Format; default: text, or the systemd journal if it is available.
    format: Option<Written<LogFormat>>,
    /// A level, or a list such as `info,wardbell=debug`.
    level: Option<Written<Level>>,
}

pub fn read(mut table: Table<'_>) -> WrittenDaemon {
    let daemon = WrittenDaemon {
        spot: table.spot().clone(),
        server: table.required_table("server", "`[server]`").map(read_server).unwrap_or_default(),
        files: table.table("files", "`[files]`").map(read_files).unwrap_or_default(),
        store: table.table("store", "`[store]`").map(read_store).unwrap_or_default(),
        encryption: table.table("encryption", "`[encryption]`").map(encryption::read),
        retention: table.table("retention", "`[retention]`").map(retention::read).unwrap_or_default(),
        fallback: table.required_table("fallback", "`[fallback]`").map(read_fallback).unwrap_or_default(),
        channel: table.table("channel", "`[channel]`").map(channels::read).unwrap_or_default(),
        paging: table.table("paging", "`[paging]`").map(paging::read).unwrap_or_default(),
        calendar: table.table("calendar", "`[calendar]`").map(feeds::read),
        heartbeat: table.table("heartbeat", "`[heartbeat]`").map(heartbeat::read),
        daily_test: table.table("daily_test", "`[daily_test]`").map(daily_test::read),
        log: table.table("log", "`[log]`").map(read_log).unwrap_or_default(),
        sources: table.tables("source", "this source").into_iter().map(callers::read_source).collect(),
        operators: table.tables("operator", "this operator").into_iter().map(callers::read_operator).collect(),
    };
    table.finish();
    daemon
}

fn read_server(mut table: Table<'_>) -> WrittenServer {
    let server = WrittenServer {
        listen: table.optional("listen"),
        public_url: table.required("public_url"),
        hospital: table.required("hospital"),
    };
    table.finish();
    server
}

fn read_files(mut table: Table<'_>) -> WrittenFiles {
    let files = WrittenFiles { rosters: table.optional("rosters"), playbooks: table.optional("playbooks") };
    table.finish();
    files
}

fn read_store(mut table: Table<'_>) -> WrittenStore {
    let store = WrittenStore { _kind: table.optional("kind"), path: table.optional("path") };
    table.finish();
    store
}

fn read_fallback(mut table: Table<'_>) -> WrittenFallback {
    let fallback = WrittenFallback { department: table.required("department") };
    table.finish();
    fallback
}

fn read_log(mut table: Table<'_>) -> WrittenLog {
    let log = WrittenLog { format: table.optional("format"), level: table.optional("level") };
    table.finish();
    log
}

impl WrittenDaemon {
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

    pub fn encryption(&self) -> Option<&WrittenEncryption> {
        self.encryption.as_ref()
    }

    /// The folder of the rosters, and where it is set.
    pub fn rosters(&self) -> (&str, &Spot) {
        self.folder(self.files.rosters.as_ref(), ROSTERS)
    }

    /// The folder of the playbooks, and where it is set.
    pub fn playbooks(&self) -> (&str, &Spot) {
        self.folder(self.files.playbooks.as_ref(), PLAYBOOKS)
    }

    fn folder<'a>(&'a self, written: Option<&'a Written<Line>>, otherwise: &'a str) -> (&'a str, &'a Spot) {
        let named = written.map(|folder| (folder.value.0.trim_start_matches("./").trim_end_matches('/'), &folder.spot));
        named.unwrap_or((otherwise, &self.spot))
    }

    /// The fallback department.
    pub fn fallback(&self) -> Option<&Written<DepartmentId>> {
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

    /// Where `[daily_test]` is.
    pub fn daily_test_spot(&self) -> Option<&Spot> {
        self.daily_test.as_ref().map(|test| &test.spot)
    }

    /// When the channels are tested, if at all. Reports diagnostics.
    pub fn daily_test(&self, context: &Context<'_>) -> Option<DailyTest> {
        self.daily_test.as_ref().and_then(|written| daily_test::validate(written, context))
    }

    /// The configured channels, with valid settings or not.
    pub fn channels(&self) -> Vec<ChannelKind> {
        self.channel.kinds()
    }
}

/// Checks everything outside the plan, and reads the secrets.
pub fn validate(
    written: &WrittenDaemon,
    files: &dyn Files,
    log_by_default: LogFormat,
    context: &Context<'_>,
) -> Option<Settings> {
    if written.channels().is_empty() {
        let blocks = ChannelKind::ALL.map(|channel| format!("`[channel.{channel}]`"));
        let message = format!("{} is configured, so no one can be paged", neither(&blocks));
        context.mistakes.warning(Code::NoChannel, &written.spot, message);
    }
    let mut off = Off::default();
    let channels = written.channel.validate(&mut off, files, context);
    let sources = callers::sources(&written.sources, &mut off, files, context);
    let operators = callers::operators(&written.operators, &mut off, files, context);
    let calendar_key = written
        .calendar
        .as_ref()
        .map(|calendar| off.take("calendar", "calendar feeds are not served", feeds::key(calendar, files, context)));
    let heartbeat = written
        .heartbeat
        .as_ref()
        .map(|written| off.take("heartbeat", "no heartbeat is sent", heartbeat::validate(written, files, context)));
    let encryption =
        written.encryption.as_ref().map(|one| encryption::validate(one, written.store_path(), files, context));
    if encryption.is_none() {
        encryption::warn_if_off(&written.spot, written.store_path(), files, context);
    }
    let level = written.log.level.as_ref().map_or("info", |level| &level.value.0).to_owned();
    Some(Settings {
        listen: written.listen(),
        public_url: written.server.public_url.as_ref()?.value.0.as_str().into(),
        store_path: files.resolve(written.store_path()),
        keep_for: retention::validate(&written.retention, context),
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
        senders: written.senders(),
        log: LogSettings { format: written.log.format.as_ref().map_or(log_by_default, |format| format.value), level },
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
