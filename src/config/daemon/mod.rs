//! `wardbell.toml`: what the daemon needs beside the plan.

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

/// Where the daemon listens, unless the file says otherwise: a proxy with TLS stands before it.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The folder of the rosters, unless the file says otherwise.
pub const ROSTERS: &str = "rosters";

/// The folder of the playbooks, unless the file says otherwise.
pub const PLAYBOOKS: &str = "playbooks";

/// Where the daemon keeps its record, unless the file says otherwise.
pub const STORE_PATH: &str = "/var/lib/wardbell";

/// What the file has at its top.
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

// What is `None` is left out or was reported. The words at the keys are shown by editors.

/// The settings of one hospital (`wardbell.toml`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WrittenDaemon {
    #[schemars(skip)]
    spot: Spot,
    /// Where the daemon listens, and what it is called.
    server: WrittenServer,
    /// Where the files are, relative to this one.
    #[schemars(default)]
    files: WrittenFiles,
    /// Where the record is kept.
    #[schemars(default)]
    store: WrittenStore,
    /// What is sealed in the record, and by which keys; left out, nothing is.
    encryption: Option<WrittenEncryption>,
    /// For how long the record is kept.
    #[schemars(default)]
    retention: WrittenRetention,
    /// Who is paged whenever a roster cannot answer.
    fallback: WrittenFallback,
    /// By what pages go out.
    #[schemars(default)]
    channel: WrittenChannels,
    /// How messages to one person are bundled.
    #[schemars(default)]
    paging: WrittenPaging,
    /// Who may send incidents.
    #[schemars(rename = "source", default)]
    pub sources: Vec<WrittenSource>,
    /// Who may read and act by API and command line.
    #[schemars(rename = "operator", default)]
    operators: Vec<WrittenOperator>,
    /// The feeds of calendars.
    calendar: Option<WrittenCalendar>,
    /// The call whose absence tells others that Wardbell cannot page.
    heartbeat: Option<WrittenHeartbeat>,
    /// A harmless message a day through every channel, which proves that it works.
    daily_test: Option<WrittenDailyTest>,
    /// What is logged, and how.
    #[schemars(default)]
    log: WrittenLog,
}

/// Where the daemon listens, and what it is called.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenServer {
    /// The address and port; left out, `127.0.0.1:8080`.
    listen: Option<Written<SocketAddr>>,
    /// The base of every link in a page, as people outside reach it.
    #[schemars(required)]
    public_url: Option<Written<BaseUrl>>,
    /// The hospital's short name, which starts every page.
    #[schemars(required)]
    hospital: Option<Written<HospitalName>>,
}

/// Where the files are, relative to this one.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenFiles {
    /// The folder of the rosters; left out, `rosters`.
    rosters: Option<Written<Line>>,
    /// The folder of the playbooks; left out, `playbooks`.
    playbooks: Option<Written<Line>>,
}

/// Where the record is kept.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenStore {
    /// What keeps it.
    #[schemars(rename = "kind")]
    _kind: Option<Written<StoreKind>>,
    /// The folder; left out, `/var/lib/wardbell`.
    path: Option<Written<Line>>,
}

/// Who is paged whenever a roster cannot answer.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenFallback {
    /// Their department.
    #[schemars(required)]
    department: Option<Written<DepartmentId>>,
}

/// What is logged, and how.
#[derive(Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenLog {
    /// The form; left out, text, or systemd's journal where that listens.
    format: Option<Written<LogFormat>>,
    /// How much: a level, or a list such as `info,wardbell=debug`.
    level: Option<Written<Level>>,
}

/// Reads the file.
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
    /// Where the daemon listens.
    pub fn listen(&self) -> SocketAddr {
        self.server.listen.as_ref().map_or(LISTEN, |listen| listen.value)
    }

    /// Where the daemon keeps its record, relative to the file.
    pub fn store_path(&self) -> &str {
        self.store.path.as_ref().map_or(STORE_PATH, |path| &path.value.0)
    }

    /// The same where the file says it.
    pub fn named_store_path(&self) -> Option<&str> {
        self.store.path.as_ref().map(|path| path.value.0.as_str())
    }

    /// What is sealed, and by which keys.
    pub fn encryption(&self) -> Option<&WrittenEncryption> {
        self.encryption.as_ref()
    }

    /// The folder of the rosters, and where it is named.
    pub fn rosters(&self) -> (&str, &Spot) {
        self.folder(self.files.rosters.as_ref(), ROSTERS)
    }

    /// The folder of the playbooks, and where it is named.
    pub fn playbooks(&self) -> (&str, &Spot) {
        self.folder(self.files.playbooks.as_ref(), PLAYBOOKS)
    }

    fn folder<'a>(&'a self, written: Option<&'a Written<Line>>, otherwise: &'a str) -> (&'a str, &'a Spot) {
        let named = written.map(|folder| (folder.value.0.trim_start_matches("./").trim_end_matches('/'), &folder.spot));
        named.unwrap_or((otherwise, &self.spot))
    }

    /// Who is paged whenever a roster cannot answer.
    pub fn fallback(&self) -> Option<&Written<DepartmentId>> {
        self.fallback.department.as_ref()
    }

    /// The hospital's short name.
    pub fn hospital(&self) -> Option<&HospitalName> {
        self.server.hospital.as_ref().map(|hospital| &hospital.value)
    }

    /// The base of every link, and where it is written.
    pub fn public_url(&self) -> Option<(&str, &Spot)> {
        self.server.public_url.as_ref().map(|url| (url.value.0.as_str(), &url.spot))
    }

    /// Where pages come from, as far as it could be understood.
    pub fn senders(&self) -> Senders {
        self.channel.senders()
    }

    /// How far apart the messages to one person are.
    pub fn bundling(&self) -> Bundling {
        self.paging.bundling()
    }

    /// Where the files ask for daily tests.
    pub fn daily_test_spot(&self) -> Option<&Spot> {
        self.daily_test.as_ref().map(|test| &test.spot)
    }

    /// When the channels are tested, if they are; mistakes in it are reported.
    pub fn daily_test(&self, context: &Context<'_>) -> Option<DailyTest> {
        self.daily_test.as_ref().and_then(|written| daily_test::validate(written, context))
    }

    /// The channels that are set up, rightly or wrongly.
    pub fn channels(&self) -> Vec<ChannelKind> {
        self.channel.kinds()
    }
}

/// Checks what is not of the plan, and reads the secrets.
pub fn validate(
    written: &WrittenDaemon,
    files: &dyn Files,
    log_by_default: LogFormat,
    context: &Context<'_>,
) -> Option<Settings> {
    if written.channels().is_empty() {
        let blocks = ChannelKind::ALL.map(|channel| format!("`[channel.{channel}]`"));
        let message = format!("{} is set up, so nobody can be paged", neither(&blocks));
        context.mistakes.warning(Code::NoChannel, &written.spot, message);
    }
    let mut off = Off::default();
    let channels = written.channel.validate(&mut off, files, context);
    let sources = callers::sources(&written.sources, &mut off, files, context);
    let operators = callers::operators(&written.operators, &mut off, files, context);
    let calendar_key = written
        .calendar
        .as_ref()
        .map(|calendar| off.take("calendar", "no calendar feed is answered", feeds::key(calendar, files, context)));
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
