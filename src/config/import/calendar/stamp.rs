//! Dates, times, and durations in calendars.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::config::import::calendar::wall::Wall;

/// Times outside these years are typos, or meant to keep a program busy. A shift of the last year may end in the next,
/// which rosters still accept.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2198;

/// Length limit of a shift: one person for a year.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// A date, or a time in some time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    Day(NaiveDate),
    /// In a time zone given elsewhere.
    Local(NaiveDateTime),
    Instant(DateTime<Utc>),
}

impl Stamp {
    /// Reads `20261224`, `20261224T170000` or `20261224T230000Z`.
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'));
        let stamp = match text.len() {
            8 => Self::Day(NaiveDate::parse_from_str(text, "%Y%m%d").ok()?),
            15 => Self::Local(NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()?),
            16 => Self::Instant(NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?.and_utc()),
            _ => return None,
        };
        let year = match stamp {
            Self::Day(day) => day.year(),
            Self::Local(local) => local.year(),
            Self::Instant(at) => at.year(),
        };
        // A leap second counts as the second before it.
        let whole = |at: NaiveDateTime| at.with_nanosecond(0).unwrap_or(at);
        let stamp = match stamp {
            Self::Day(day) => Self::Day(day),
            Self::Local(local) => Self::Local(whole(local)),
            Self::Instant(at) => Self::Instant(whole(at.naive_utc()).and_utc()),
        };
        (is_plain && YEARS.contains(&year)).then_some(stamp)
    }

    /// The local time; days and local times are returned unchanged.
    pub fn on_clock(self, clock: &Wall) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Local(local) => local,
            Self::Instant(at) => clock.to_local(at),
        }
    }
}

/// Reads `P1D`, `PT15H30M`, or `P1W`; rejects negative durations and those over a year.
pub fn duration(text: &str) -> Option<TimeDelta> {
    let (mut rest, mut in_time, mut seconds) =
        (text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?, false, 0_i64);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('T').filter(|_| !in_time) {
            (rest, in_time) = (after, true);
            continue;
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().ok().filter(|number| *number <= LONGEST.num_seconds())?;
        let unit = rest[digits..].chars().next()?;
        let length = match (unit, in_time) {
            ('W', false) => 7 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        seconds += number * length;
        rest = &rest[digits + unit.len_utf8()..];
    }
    within(TimeDelta::seconds(seconds))
}

/// The length, if it is valid for a shift.
pub fn within(length: TimeDelta) -> Option<TimeDelta> {
    (length > TimeDelta::zero() && length <= LONGEST).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_and_durations_are_read_strictly() {
        for text in ["20261224", "20261224T170000", "20261224T230000Z", "20261231T235960Z"] {
            assert!(Stamp::read(text).is_some(), "{text}");
        }
        for text in ["", "2026-12-24", "20261324", "20261224T250000", "20261224T1700", "99991224", "+026122400000000"] {
            assert_eq!(Stamp::read(text), None, "{text}");
        }
        for (text, hours) in [("P1D", 24), ("PT15H", 15), ("P1W", 168), ("P1DT12H", 36), ("+PT90M", 1)] {
            assert_eq!(duration(text).map(|one| one.num_hours()), Some(hours), "{text}");
        }
        for text in ["", "P", "PT", "PT0S", "-P1D", "P1H", "PT1D", "P2Y", "P9999999999999999999D", "P400D", "PT1H€"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
