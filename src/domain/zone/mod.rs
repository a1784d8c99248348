//! Time zones: immutable values made from the bytes of a zone file.
//!
//! Nothing here reads a file. [`Rules`](crate::domain::zone::rules::Rules) contains the zones of one release of the tz
//! database: the built-in one, or one that [`clock`](crate::clock) has read from the machine.

mod offsets;
pub mod release;
pub mod rules;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, civil};

use crate::domain::digest::Digest;
use crate::domain::zone::offsets::Offsets;

/// A time zone; clones share its rules.
#[derive(Clone)]
pub struct Zone(Arc<Inner>);

struct Inner {
    name: Box<str>,
    rules: TimeZone,
    bytes: Cow<'static, [u8]>,
    sha256: Digest,
    /// Computed on first use.
    listed: OnceLock<Option<Offsets>>,
}

/// The bytes are not a valid zone file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time zone's rules cannot be read")]
pub struct BrokenZone;

/// What a local time in a zone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The time occurs once.
    Once(DateTime<Utc>),
    /// The time occurs twice because clocks are set back.
    Twice {
        first: DateTime<Utc>,
        second: DateTime<Utc>,
        /// When clocks are set back.
        change: DateTime<Utc>,
        /// The local time without the change.
        shown: NaiveDateTime,
    },
    /// The time does not occur because clocks are set forward.
    Never {
        /// When clocks are set forward.
        change: DateTime<Utc>,
        /// The local time before the change.
        before: NaiveDateTime,
        /// The local time after the change.
        after: NaiveDateTime,
    },
}

impl Zone {
    /// A zone with this name, from the bytes of its file (RFC 9636).
    ///
    /// # Errors
    ///
    /// The bytes cannot be parsed.
    pub fn from_tzif(name: &str, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, BrokenZone> {
        let bytes = bytes.into();
        let rules = TimeZone::tzif(name, &bytes).map_err(|_| BrokenZone)?;
        let sha256 = Digest::of(&bytes);
        Ok(Self(Arc::new(Inner { name: name.into(), rules, bytes, sha256, listed: OnceLock::new() })))
    }

    /// UTC, even if no rules are available.
    pub(in crate::domain::zone) fn utc_without_rules() -> Self {
        let (rules, bytes) = (TimeZone::UTC, Cow::Borrowed::<'static, [u8]>(&[]));
        let (name, sha256, listed) = ("UTC".into(), Digest::of(&[]), OnceLock::new());
        Self(Arc::new(Inner { name, rules, bytes, sha256, listed }))
    }

    /// Its name in the tz database, such as `America/Chicago`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The file its rules were read from.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// The digest of those bytes.
    pub fn sha256(&self) -> Digest {
        self.0.sha256
    }

    /// The offset from UTC.
    pub fn offset(&self, at: DateTime<Utc>) -> TimeDelta {
        let listed = self.listed().and_then(|listed| listed.at(at.timestamp()));
        listed.map_or_else(|| self.offset_by_rules(at), |seconds| TimeDelta::seconds(seconds.into()))
    }

    /// The local time.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.offset(at)
    }

    /// The zone's short name at an instant, such as `CST`; some zones have only a number: `-05`.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.0.rules.to_offset_info(timestamp(at)).abbreviation().to_owned()
    }

    /// The local time formatted by chrono; `%Z` is the short name.
    pub fn write(&self, at: DateTime<Utc>, format: &str) -> String {
        let local = self.local(at);
        if format.contains("%Z") {
            return local.format(&format.replace("%Z", &self.abbreviation(at))).to_string();
        }
        local.format(format).to_string()
    }

    /// What a local time means.
    pub fn meaning(&self, local: NaiveDateTime) -> Meaning {
        let listed = self.listed().and_then(|listed| listed.of_local(local.and_utc().timestamp()));
        let once = |seconds: i32| Meaning::Once((local - TimeDelta::seconds(seconds.into())).and_utc());
        listed.map_or_else(|| self.meaning_by_rules(local), once)
    }

    fn listed(&self) -> Option<&Offsets> {
        let rules = &self.0.rules;
        let at = |seconds| Timestamp::new(seconds, 0).unwrap_or(Timestamp::MIN);
        let following = |from| {
            let changes = rules.following(at(from));
            changes.map(|change| (change.timestamp().as_second(), change.offset().seconds()))
        };
        let list = || Offsets::new(|from| rules.to_offset(at(from)).seconds(), following);
        self.0.listed.get_or_init(list).as_ref()
    }

    fn offset_by_rules(&self, at: DateTime<Utc>) -> TimeDelta {
        length(self.0.rules.to_offset(timestamp(at)))
    }

    fn meaning_by_rules(&self, local: NaiveDateTime) -> Meaning {
        match self.0.rules.to_ambiguous_timestamp(local_time_of(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => Meaning::Once((local - length(offset)).and_utc()),
            AmbiguousOffset::Gap { before, after } => {
                // Read with the offset after the gap, the time is before the change.
                let change = self.change_to(after, (local - length(after)).and_utc());
                let shown = |offset| change.naive_utc() + length(offset);
                Meaning::Never { change, before: shown(before), after: shown(after) }
            }
            AmbiguousOffset::Fold { before, after } => {
                let (first, second) = ((local - length(before)).and_utc(), (local - length(after)).and_utc());
                let change = self.change_to(after, first);
                Meaning::Twice { first, second, change, shown: change.naive_utc() + length(before) }
            }
        }
    }

    /// The next instant when clocks change. Transitions that do not affect local time are skipped.
    pub fn next_change(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut offset = self.offset(after);
        let mut changes = self.0.rules.following(timestamp(after));
        let change = changes.find(|change| std::mem::replace(&mut offset, length(change.offset())) != offset);
        change.and_then(|change| instant(change.timestamp()))
    }

    /// The first instant in a period when two zones have different local times.
    pub fn differs(&self, other: &Self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = |at| [self, other].into_iter().filter_map(|zone| zone.next_change(at)).min();
        let mut instants = std::iter::successors(Some(from), |at| next(*at)).take_while(|at| *at < to);
        instants.find(|at| self.offset(*at) != other.offset(*at))
    }

    /// The first change to an offset after an instant.
    fn change_to(&self, offset: Offset, after: DateTime<Utc>) -> DateTime<Utc> {
        let change = self.0.rules.following(timestamp(after)).find(|change| change.offset() == offset);
        change.and_then(|change| instant(change.timestamp())).unwrap_or(after)
    }
}

fn length(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(offset.seconds().into())
}

/// Converts an instant to jiff, clamped to jiff's range.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let last_resort = if at < DateTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    let nanos = i32::try_from(at.timestamp_subsec_nanos().min(999_999_999)).unwrap_or(0);
    Timestamp::new(at.timestamp(), nanos).unwrap_or(last_resort)
}

fn instant(at: Timestamp) -> Option<DateTime<Utc>> {
    let since_epoch = u32::try_from(at.as_nanosecond().rem_euclid(1_000_000_000)).ok()?;
    DateTime::from_timestamp(at.as_nanosecond().div_euclid(1_000_000_000).try_into().ok()?, since_epoch)
}

/// Converts a local time to jiff, clamped to jiff's range.
fn local_time_of(local: NaiveDateTime) -> civil::DateTime {
    let made = || {
        let [month, day, hour, minute, second] =
            [local.month(), local.day(), local.hour(), local.minute(), local.second()].map(|part| part.try_into().ok());
        let nanos = i32::try_from(local.nanosecond().min(999_999_999)).ok()?;
        civil::DateTime::new(local.year().try_into().ok()?, month?, day?, hour?, minute?, second?, nanos).ok()
    };
    made().unwrap_or(if local.year() < 0 { civil::DateTime::MIN } else { civil::DateTime::MAX })
}

impl PartialEq for Zone {
    /// Compares names and bytes: two encodings of the same rules differ.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.0.name == other.0.name && self.0.sha256 == other.0.sha256)
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::zone::rules::Rules;

    /// All around each change of a zone, and around the ends of what is listed.
    fn instants(zone: &Zone) -> impl Iterator<Item = DateTime<Utc>> {
        let begin: DateTime<Utc> = "1995-01-01T00:00:00Z".parse().unwrap();
        let changes = std::iter::successors(Some(begin), move |at| zone.next_change(*at));
        let near_2000 = ["2000-01-01T00:00:00Z", "2068-12-31T00:00:00Z", "2069-01-01T00:00:00Z"];
        let all = changes.take(200).chain(near_2000.map(|at| at.parse().unwrap()));
        let around = [-90_001, -7_200, -3_600, -1, 0, 1, 1_799, 1_800, 3_600, 7_200, 90_001];
        all.flat_map(move |at| around.map(|seconds| at + TimeDelta::milliseconds(seconds * 1_000 + 1 - seconds % 2)))
    }

    #[test]
    fn what_is_listed_is_what_the_rules_say() {
        let odd = ["Africa/Casablanca", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia", "Asia/Gaza", "UTC"];
        for name in Rules::known_names().step_by(23).chain(odd) {
            let zone = Zone::built_in(name).unwrap();
            assert!(zone.listed().is_some(), "{name}");
            for at in instants(&zone) {
                assert_eq!(zone.offset(at), zone.offset_by_rules(at), "{name} {at}");
                let local = at.naive_utc() + TimeDelta::hours(1);
                assert_eq!(zone.meaning(local), zone.meaning_by_rules(local), "{name} {local}");
                let local = zone.local(at);
                assert_eq!(zone.meaning(local), zone.meaning_by_rules(local), "{name} {local}");
            }
        }
    }
}
