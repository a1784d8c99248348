//! What the clocks of a place show: an immutable value that is made of the bytes of a zone file.
//!
//! Nothing here reads a file. [`Rules`](crate::domain::zone::rules::Rules) holds the zones of one release of the tz
//! database, the one that is built in or one that [`clock`](crate::clock) has read from the machine.

pub mod release;
pub mod rules;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Timestamp, civil};

use crate::domain::digest::Digest;

/// A time zone; a copy shares its rules.
#[derive(Clone)]
pub struct Zone(Arc<Inner>);

struct Inner {
    name: Box<str>,
    rules: TimeZone,
    bytes: Cow<'static, [u8]>,
    sha256: Digest,
}

/// The bytes are no zone file, or a broken one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time zone's rules cannot be read")]
pub struct BrokenZone;

/// What a time on the clocks of a zone means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// The clocks show it once.
    Once(DateTime<Utc>),
    /// They show it twice, as they are set back.
    Twice {
        /// The first time.
        first: DateTime<Utc>,
        /// The second time.
        second: DateTime<Utc>,
        /// When they are set back.
        change: DateTime<Utc>,
        /// What they would have shown then.
        shown: NaiveDateTime,
    },
    /// They never show it, as they are set forward.
    Never {
        /// When they are set forward.
        change: DateTime<Utc>,
        /// What they would have shown then.
        before: NaiveDateTime,
        /// What they show then.
        after: NaiveDateTime,
    },
}

impl Zone {
    /// A zone of that name by the bytes of its file (RFC 9636).
    ///
    /// # Errors
    ///
    /// The bytes cannot be understood.
    pub fn from_tzif(name: &str, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, BrokenZone> {
        let bytes = bytes.into();
        let rules = TimeZone::tzif(name, &bytes).map_err(|_| BrokenZone)?;
        let sha256 = Digest::of(&bytes);
        Ok(Self(Arc::new(Inner { name: name.into(), rules, bytes, sha256 })))
    }

    /// UTC, also where no rules are at hand.
    pub(in crate::domain::zone) fn utc_without_rules() -> Self {
        let (rules, bytes) = (TimeZone::UTC, Cow::Borrowed::<'static, [u8]>(&[]));
        Self(Arc::new(Inner { name: "UTC".into(), rules, bytes, sha256: Digest::of(&[]) }))
    }

    /// Its name in the tz database, such as `America/Chicago`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The file that its rules were read from.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Of those bytes.
    pub fn sha256(&self) -> Digest {
        self.0.sha256
    }

    /// By how much its clocks are ahead of UTC.
    pub fn offset(&self, at: DateTime<Utc>) -> TimeDelta {
        length(self.0.rules.to_offset(timestamp(at)))
    }

    /// What its clocks show.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        at.naive_utc() + self.offset(at)
    }

    /// The short name of what its clocks show then, such as `CST`; some zones have only a number: `-05`.
    pub fn abbreviation(&self, at: DateTime<Utc>) -> String {
        self.0.rules.to_offset_info(timestamp(at)).abbreviation().to_owned()
    }

    /// What its clocks show, as chrono writes it; `%Z` stands for the short name.
    pub fn write(&self, at: DateTime<Utc>, format: &str) -> String {
        let local = self.local(at);
        if format.contains("%Z") {
            return local.format(&format.replace("%Z", &self.abbreviation(at))).to_string();
        }
        local.format(format).to_string()
    }

    /// What a time on its clocks means.
    pub fn meaning(&self, local: NaiveDateTime) -> Meaning {
        match self.0.rules.to_ambiguous_timestamp(civil_time(local)).offset() {
            AmbiguousOffset::Unambiguous { offset } => Meaning::Once((local - length(offset)).and_utc()),
            AmbiguousOffset::Gap { before, after } => {
                // Read by the offset after the gap, it lies before the change.
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

    /// The next instant after another at which its clocks are changed: transitions that keep what they show are none.
    pub fn next_change(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut offset = self.offset(after);
        let mut changes = self.0.rules.following(timestamp(after));
        let change = changes.find(|change| std::mem::replace(&mut offset, length(change.offset())) != offset);
        change.and_then(|change| instant(change.timestamp()))
    }

    /// The first instant of a stretch of time at which the clocks of two zones show different times.
    pub fn differs(&self, other: &Self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = |at| [self, other].into_iter().filter_map(|zone| zone.next_change(at)).min();
        let mut instants = std::iter::successors(Some(from), |at| next(*at)).take_while(|at| *at < to);
        instants.find(|at| self.offset(*at) != other.offset(*at))
    }

    /// The first change after an instant that sets the clocks to an offset.
    fn change_to(&self, offset: Offset, after: DateTime<Utc>) -> DateTime<Utc> {
        let change = self.0.rules.following(timestamp(after)).find(|change| change.offset() == offset);
        change.and_then(|change| instant(change.timestamp())).unwrap_or(after)
    }
}

fn length(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(offset.seconds().into())
}

/// The instant as jiff has it; beyond its years, the last that it has.
fn timestamp(at: DateTime<Utc>) -> Timestamp {
    let beyond = if at < DateTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
    let nanos = i32::try_from(at.timestamp_subsec_nanos().min(999_999_999)).unwrap_or(0);
    Timestamp::new(at.timestamp(), nanos).unwrap_or(beyond)
}

fn instant(at: Timestamp) -> Option<DateTime<Utc>> {
    let since_epoch = u32::try_from(at.as_nanosecond().rem_euclid(1_000_000_000)).ok()?;
    DateTime::from_timestamp(at.as_nanosecond().div_euclid(1_000_000_000).try_into().ok()?, since_epoch)
}

/// The local time as jiff has it; beyond its years, the last that it has.
fn civil_time(local: NaiveDateTime) -> civil::DateTime {
    let made = || {
        let [month, day, hour, minute, second] =
            [local.month(), local.day(), local.hour(), local.minute(), local.second()].map(|part| part.try_into().ok());
        let nanos = i32::try_from(local.nanosecond().min(999_999_999)).ok()?;
        civil::DateTime::new(local.year().try_into().ok()?, month?, day?, hour?, minute?, second?, nanos).ok()
    };
    made().unwrap_or(if local.year() < 0 { civil::DateTime::MIN } else { civil::DateTime::MAX })
}

impl PartialEq for Zone {
    /// Of one name and the same bytes: two encodings of the same rules differ.
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
