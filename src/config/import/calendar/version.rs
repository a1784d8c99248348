//! Chooses between several versions of an event: the highest `SEQUENCE` counts, then the latest `DTSTAMP` (RFC 5546).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;

use crate::config::import::calendar::draft::{Draft, stamp};
use crate::config::import::calendar::moment::{Key, Moment};
use crate::config::import::calendar::stamp::Stamp;
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::fault::Fault;

/// An event, or one occurrence of a series, in one version.
pub struct Version<'a> {
    pub draft: &'a Draft<'a>,
    /// The same for all parts of a series.
    pub uid: String,
    /// The occurrence of its series that it replaces.
    pub replaces: Option<Moment>,
    /// Whether it replaces the later ones too.
    pub is_future: bool,
    pub is_cancelled: bool,
    order: (i64, Option<NaiveDateTime>, Option<NaiveDateTime>),
}

impl<'a> Version<'a> {
    /// Reads what identifies the version; `is_cancelled` says that its whole calendar is.
    ///
    /// # Errors
    ///
    /// The occurrence that it replaces cannot be read.
    pub fn read(draft: &'a Draft<'a>, is_cancelled: bool, zones: &Zones<'_>) -> Result<Self, Fault> {
        let id = draft.one("RECURRENCE-ID")?;
        let range = id.as_ref().and_then(|id| id.parameter("RANGE"));
        let is_future = range.as_deref().is_some_and(|range| range.eq_ignore_ascii_case("THISANDFUTURE"));
        if let (Some(id), Some(range), false) = (&id, range, is_future) {
            return Err(id.fault(format!("`RANGE={range}` is not supported; only `RANGE=THISANDFUTURE` is")));
        }
        let time = |name| draft.value(name).and_then(|text| Stamp::read_any(&text)).map(local);
        let status = draft.value("STATUS").unwrap_or_default().to_ascii_uppercase();
        Ok(Self {
            draft,
            uid: draft.value("UID").filter(|uid| !uid.is_empty()).unwrap_or_else(|| format!("line {}", draft.line)),
            replaces: id.map(|id| Moment::read(&id.value, &id, zones)).transpose()?,
            is_future,
            is_cancelled: is_cancelled || matches!(status.as_str(), "CANCELLED" | "CANCELED"),
            order: (
                draft.value("SEQUENCE").and_then(|text| text.parse().ok()).unwrap_or(0),
                time("DTSTAMP"),
                time("LAST-MODIFIED"),
            ),
        })
    }
}

fn local(stamp: Stamp) -> NaiveDateTime {
    match stamp {
        Stamp::Day(day) => day.and_time(chrono::NaiveTime::MIN),
        Stamp::Local(local) => local,
        Stamp::Instant(at) => at.naive_utc(),
    }
}

/// The versions that count, and the others.
#[derive(Default)]
pub struct Chosen<'a> {
    pub chosen: Vec<Version<'a>>,
    pub older: Vec<Version<'a>>,
}

/// Chooses the newest version of each event and of each occurrence.
pub fn choose<'a>(versions: Vec<Version<'a>>, zones: &Zones<'_>) -> Chosen<'a> {
    let mut clocks: BTreeMap<String, (Wall, bool)> = BTreeMap::new();
    for version in versions.iter().filter(|version| version.replaces.is_none()) {
        let start = version.draft.one("DTSTART").ok().flatten().and_then(|start| stamp(&start, zones).ok());
        if let Some((stamp, clock)) = start {
            clocks.insert(version.uid.clone(), (clock, matches!(stamp, Stamp::Day(_))));
        }
    }
    let mut groups: BTreeMap<(String, Option<Key>, bool), Vec<Version<'a>>> = BTreeMap::new();
    for version in versions {
        let none = (Wall::Zone(zones.days.clone()), false);
        let (clock, is_day) = clocks.get(&version.uid).unwrap_or(&none);
        let key = version.replaces.as_ref().map(|moment| moment.key(clock, *is_day));
        groups.entry((version.uid.clone(), key, version.is_future)).or_default().push(version);
    }
    let mut all = Chosen::default();
    for group in groups.into_values() {
        let newest = group.iter().map(|version| version.order).max();
        let (newest, older): (Vec<_>, Vec<_>) = group.into_iter().partition(|one| Some(one.order) == newest);
        all.older.extend(older);
        // Some programs give several events the same UID. Where none is newer, all count; a cancellation is of the event
        // with its start.
        let start = |version: &Version<'_>| version.draft.value("DTSTART");
        let cancelled: BTreeSet<Option<String>> = newest.iter().filter(|one| one.is_cancelled).map(start).collect();
        for mut version in newest {
            version.is_cancelled |= cancelled.contains(&None) || cancelled.contains(&start(&version));
            all.chosen.push(version);
        }
    }
    all.chosen.sort_by_key(|version| version.draft.line);
    all
}
