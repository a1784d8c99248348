//! The occurrences that `RECURRENCE-ID` and `EXDATE` name, in all the ways in which programs write them.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::config::import::calendar::draft::stamp_of;
use crate::config::import::calendar::line::Content;
use crate::config::import::calendar::stamp::{Stamp, day_meant};
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::fault::Fault;

/// What names an occurrence of a series.
#[derive(Debug, Clone)]
pub enum Moment {
    Day(NaiveDate),
    /// On the clock of the series.
    Local(NaiveDateTime),
    /// On a clock of its own.
    Zoned(NaiveDateTime, Wall),
    Instant(DateTime<Utc>),
    /// The first instant of 1970, which Google writes for the first occurrence where whole days got a time.
    Epoch,
}

/// An occurrence of a series, by what is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// All starts on a day.
    Day(NaiveDate),
    Start(DateTime<Utc>),
    First,
}

impl Moment {
    /// Reads one of the values of a line.
    ///
    /// # Errors
    ///
    /// It is not a date or time, or its zone is not known.
    pub fn read(text: &str, content: &Content, zones: &Zones<'_>) -> Result<Self, Fault> {
        let epoch = DateTime::UNIX_EPOCH.date_naive();
        if Stamp::read_any(text.trim()).is_some_and(|stamp| stamp.day() <= epoch) {
            return Ok(Self::Epoch);
        }
        let (stamp, zone) = stamp_of(text, content, zones)?;
        Ok(match stamp {
            Stamp::Day(day) => Self::Day(day),
            Stamp::Instant(at) => Self::Instant(at),
            Stamp::Local(local) if content.parameter("TZID").is_none() => Self::Local(local),
            Stamp::Local(local) => Self::Zoned(local, zone),
        })
    }

    /// What is compared with the occurrences of a series: where either side is a day, days are.
    pub fn key(&self, clock: &Wall, is_day: bool) -> Key {
        let at = |at: DateTime<Utc>| if is_day { Key::Day(day_meant(clock.to_local(at))) } else { Key::Start(at) };
        match self {
            Self::Epoch => Key::First,
            Self::Day(day) => Key::Day(*day),
            Self::Local(local) | Self::Zoned(local, _) if is_day => Key::Day(day_meant(*local)),
            Self::Local(local) => at(clock.to_instant(*local)),
            Self::Zoned(local, own) => at(own.to_instant(*local)),
            Self::Instant(instant) => at(*instant),
        }
    }
}

/// A set of occurrences.
#[derive(Debug, Default)]
pub struct Named(BTreeSet<Key>);

impl Named {
    pub fn new<'a>(moments: impl IntoIterator<Item = &'a Moment>, clock: &Wall, is_day: bool) -> Self {
        Self(moments.into_iter().map(|moment| moment.key(clock, is_day)).collect())
    }

    /// Whether the occurrence is one of them.
    pub fn contains(&self, start: NaiveDateTime, clock: &Wall) -> bool {
        let has = |key: Key| self.0.contains(&key);
        !self.0.is_empty() && (has(Key::Day(start.date())) || has(Key::Start(clock.to_instant(start))))
    }

    pub fn has_first(&self) -> bool {
        self.0.contains(&Key::First)
    }

    pub fn insert_day(&mut self, start: NaiveDateTime) {
        self.0.insert(Key::Day(start.date()));
    }

    pub fn has(&self, key: Key) -> bool {
        self.0.contains(&key)
    }
}
