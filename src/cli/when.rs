//! Times as people type them.

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::domain::local_time;
use crate::domain::zone::Zone;

/// A time as typed: with an offset, or local to a roster's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// RFC 3339, such as `2026-12-24T17:00:00Z`.
    Instant(DateTime<Utc>),
    /// Such as `2026-12-24 17:00` or `2026-12-24`.
    Local(NaiveDateTime),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write `2026-12-24T17:00:00Z`, `2026-12-24 17:00` in the roster's time zone, or `2026-12-24`, no later than the year 9998"
)]
pub struct BadWhen;

impl When {
    /// The instant, with local times read in `zone`.
    pub fn in_zone(self, zone: &Zone) -> DateTime<Utc> {
        match self {
            Self::Instant(at) => at,
            Self::Local(local) => local_time::to_instant(zone, local),
        }
    }

    /// A note if the clocks skip the typed time.
    pub fn skipped(self, zone: &Zone) -> Option<String> {
        match self {
            Self::Instant(_) => None,
            Self::Local(local) => local_time::skipped_in_words(zone, local),
        }
    }

    /// The date against which reviews are checked: as typed, or in UTC if an offset was typed.
    ///
    /// It is needed before the files, and so the time zones, are read.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::Instant(at) => at.date_naive(),
            Self::Local(local) => local.date(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a date such as `2026-12-24`, no later than the year 9998")]
pub struct BadDate;

/// Reads a date, without a time.
///
/// # Errors
///
/// It is not a date, or too late to be written.
pub fn date(text: &str) -> Result<NaiveDate, BadDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| BadDate)?;
    text.parse::<When>().map(|_| date).map_err(|_| BadDate)
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

/// Whether times shown in any zone stay within the years of RFC 3339.
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
