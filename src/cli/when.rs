//! Instants as people type them.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::domain::civil;
use crate::domain::zone::Zone;

/// An instant as typed: with its offset, or on the wall clock of whatever roster it is asked of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// RFC 3339, such as `2026-12-24T17:00:00Z`.
    Instant(DateTime<Utc>),
    /// Such as `2026-12-24 17:00` or `2026-12-24`.
    Local(NaiveDateTime),
}

/// The text is no instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write `2026-12-24T17:00:00Z`, or `2026-12-24 17:00` on the roster's clock, or `2026-12-24`; the year 9998 is the last"
)]
pub struct BadWhen;

impl When {
    /// The instant, with local times read in a zone.
    pub fn in_zone(self, zone: &Zone) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::Local(local) => civil::to_instant(zone, local),
        }
    }

    /// Why it is read otherwise than typed, where the clocks of the zone skip it.
    pub fn skipped(self, zone: &Zone) -> Option<String> {
        match self {
            Self::Instant(_) => None,
            Self::Local(local) => civil::skipped_in_words(zone, local),
        }
    }

    /// The day that reviews are due by at that time: as typed, or that of UTC where an offset was typed.
    ///
    /// It must be known before the files are read, and so before any roster's zone is.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::Instant(at) => at.date_naive(),
            Self::Local(local) => local.date(),
        }
    }
}

impl FromStr for When {
    type Err = BadWhen;

    fn from_str(text: &str) -> Result<Self, BadWhen> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::Instant(at.with_timezone(&Utc))).filter(|_| is_written(at.naive_local())).ok_or(BadWhen);
        }
        let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"];
        let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
        local.or_else(day).filter(|local| is_written(*local)).map(Self::Local).ok_or(BadWhen)
    }
}

/// Whether what is told of a time, in whatever zone, is still of the years that RFC 3339 can write.
fn is_written(local: NaiveDateTime) -> bool {
    (1..=9_998).contains(&local.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_and_without_an_offset() {
        let chicago = Zone::built_in("America/Chicago").unwrap();
        for (text, utc) in [
            ("2026-12-24T17:00:00Z", "2026-12-24T17:00:00Z"),
            ("2026-12-24T17:00:00-06:00", "2026-12-24T23:00:00Z"),
            ("2026-12-24 17:00", "2026-12-24T23:00:00Z"),
            ("2026-12-24", "2026-12-24T06:00:00Z"),
        ] {
            assert_eq!(
                text.parse::<When>().unwrap().in_zone(&chicago),
                utc.parse::<DateTime<Utc>>().unwrap(),
                "{text}"
            );
        }
        for text in ["tomorrow", "9999-12-31", "9999-12-31T23:59:59Z", "0000-01-01", "+12345-01-01", "2026-02-29"] {
            assert_eq!(text.parse::<When>(), Err(BadWhen), "{text}");
        }
    }
}
