//! The clock that a calendar's local times are on: one of the tz database, or one that the calendar explains itself.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};

use crate::domain::civil;
use crate::domain::zone::Zone;

/// A clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wall {
    /// Of a zone that is known by its name.
    Zone(Zone),
    /// Of a `VTIMEZONE`.
    Own(Arc<Own>),
}

impl Wall {
    /// What a local time means: where the clock skips it, the first instant after the gap; where it comes twice, the first.
    pub fn to_instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Zone(zone) => civil::to_instant(zone, local),
            Self::Own(own) => own.to_instant(local),
        }
    }

    /// What the clock shows.
    pub fn to_local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Zone(zone) => civil::to_local(zone, at),
            Self::Own(own) => at.naive_utc() + own.offset(at),
        }
    }
}

/// A clock by the instants at which it is changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Own {
    first: FixedOffset,
    changes: Vec<(DateTime<Utc>, FixedOffset)>,
}

impl Own {
    /// A clock that shows `first` until the earliest change; the changes are in order of time.
    pub fn new(first: FixedOffset, changes: Vec<(DateTime<Utc>, FixedOffset)>) -> Self {
        Self { first, changes }
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        let after = self.changes.partition_point(|(change, _)| *change <= at);
        after.checked_sub(1).map_or(self.first, |index| self.changes[index].1)
    }

    /// In the first stretch between two changes that does not end before the time is shown.
    fn to_instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let (mut start, mut offset) = (None, self.first);
        for (change, next) in &self.changes {
            if (local - offset).and_utc() < *change {
                break;
            }
            (start, offset) = (Some(*change), *next);
        }
        let at = (local - offset).and_utc();
        start.map_or(at, |start| at.max(start))
    }
}
