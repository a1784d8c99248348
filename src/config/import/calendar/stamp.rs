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
    /// Reads `20261224`, `20261224T170000` or `20261224T230000Z` of a year in which there may be shifts.
    pub fn read(text: &str) -> Option<Self> {
        Self::read_any(text).filter(|stamp| YEARS.contains(&stamp.day().year()))
    }

    /// Reads one of any year: some programs write `19691231T180000` or `99991231` for no date.
    pub fn read_any(text: &str) -> Option<Self> {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'Z'));
        if !is_plain {
            return None;
        }
        // A leap second counts as the second before it.
        let local = |form: &str| NaiveDateTime::parse_from_str(text, form).ok()?.with_nanosecond(0);
        Some(match text.len() {
            8 => Self::Day(NaiveDate::parse_from_str(text, "%Y%m%d").ok()?),
            15 => Self::Local(local("%Y%m%dT%H%M%S")?),
            16 => Self::Instant(local("%Y%m%dT%H%M%SZ")?.and_utc()),
            _ => return None,
        })
    }

    /// The day, as written.
    pub fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::Local(local) => local.date(),
            Self::Instant(at) => at.date_naive(),
        }
    }

    /// The same, or the last day of the years if it is later: some programs write `99991231` for a series without end.
    pub fn clamped(self) -> Self {
        let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31);
        last.filter(|last| self.day() > *last).map_or(self, Self::Day)
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

/// The day that a time means, where an event of whole days is meant.
///
/// Exchange and others write midnight of another time zone, and midnight in UTC, which in America is the evening before.
pub fn day_meant(local: NaiveDateTime) -> NaiveDate {
    let is_hour = local.minute() == 0 && local.second() == 0;
    let next = local.date().succ_opt().filter(|_| is_hour && local.hour() >= EVENING);
    next.unwrap_or(local.date())
}

/// Midnight in UTC is not earlier than this hour in America.
const EVENING: u32 = 16;

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
        .filter(|_| text.ends_with(|one: char| one.is_ascii_uppercase() && !matches!(one, 'P' | 'T')))
}

/// The length, unless it is negative or too long for a shift.
pub fn within(length: TimeDelta) -> Option<TimeDelta> {
    (length >= TimeDelta::zero() && length <= LONGEST).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_one_that_begins_about_then() {
        for (time, day) in [
            ("20261210T000000", 10),
            ("20261210T020000", 10),
            ("20261210T120000", 10),
            ("20261209T230000", 10),
            ("20261209T180000", 10),
            ("20261209T235959", 9),
            ("20261209T175959", 9),
        ] {
            let Some(Stamp::Local(local)) = Stamp::read(time) else { panic!("{time}") };
            assert_eq!(day_meant(local).day(), day, "{time}");
        }
    }

    #[test]
    fn stamps_and_durations_are_read_strictly() {
        for text in ["20261224", "20261224T170000", "20261224T230000Z", "20261231T235960Z"] {
            assert!(Stamp::read(text).is_some(), "{text}");
        }
        for text in ["", "2026-12-24", "20261324", "20261224T250000", "20261224T1700", "99991224", "+026122400000000"] {
            assert_eq!(Stamp::read(text), None, "{text}");
        }
        for (text, hours) in [("P1D", 24), ("PT15H", 15), ("P1W", 168), ("P1DT12H", 36), ("+PT90M", 1), ("PT0S", 0)] {
            assert_eq!(duration(text).map(|one| one.num_hours()), Some(hours), "{text}");
        }
        for text in ["", "P", "PT", "P1DT", "-P1D", "P1H", "PT1D", "P2Y", "P9999999999999999999D", "P400D", "PT1H€"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
