//! The time zone of a calendar's local times: from the tz database, or defined in the calendar.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};

use crate::domain::local_time;
use crate::domain::zone::Zone;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wall {
    /// A zone of the tz database.
    Zone(Zone),
    /// Defined by a `VTIMEZONE`.
    Own(Arc<Own>),
}

impl Wall {
    /// The instant of a local time: in a gap, the first instant after it; if it occurs twice, the first.
    pub fn to_instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Zone(zone) => local_time::to_instant(zone, local),
            Self::Own(own) => own.to_instant(local),
        }
    }

    /// The local time of an instant.
    pub fn to_local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Zone(zone) => local_time::to_local(zone, at),
            Self::Own(own) => at.naive_utc() + own.offset(at),
        }
    }
}

/// A clock given by the instants of its changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Own {
    first: FixedOffset,
    changes: Vec<(DateTime<Utc>, FixedOffset)>,
}

impl Own {
    /// A clock with the offset `first` until the earliest change; changes are sorted.
    pub fn new(first: FixedOffset, changes: Vec<(DateTime<Utc>, FixedOffset)>) -> Self {
        Self { first, changes }
    }

    fn offset(&self, at: DateTime<Utc>) -> FixedOffset {
        let after = self.changes.partition_point(|(change, _)| *change <= at);
        after.checked_sub(1).map_or(self.first, |index| self.changes[index].1)
    }

    /// In the first interval between two changes that does not end before the local time.
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
