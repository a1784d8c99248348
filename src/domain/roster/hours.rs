//! Staffed hours: a weekly pattern in local time, minus holidays.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

use crate::domain::local_time;
use crate::domain::roster::holidays::Holidays;
use crate::domain::zone::Zone;

/// How many days ahead to look for the next opening: no incident waits longer for a department to open.
const LOOK_AHEAD_DAYS: u64 = 31;

/// A weekday with hours has them again within this many days, whatever holidays are observed.
const LONGEST_CLOSED_DAYS: i64 = 31;

const DAY_MINUTES: i64 = 24 * 60;

/// When a department is staffed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// Monday first.
    pub weekly: [Vec<OpenSpan>; 7],
    /// Days whose hours are dropped.
    pub holidays: Holidays,
}

/// One staffed period of a day, in minutes from local midnight.
///
/// If the end is not after the start, the period ends on the next day; it belongs to the day it starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSpan {
    /// 0 to 1439.
    pub from: u16,
    /// 0 to 1440; 1440 is the end of the day.
    pub to: u16,
}

impl Hours {
    /// Whether no day has hours.
    pub fn is_empty(&self) -> bool {
        self.weekly.iter().all(Vec::is_empty)
    }

    /// Whether it is staffed at a latest shown local time (see [`local_time::latest_shown`]).
    pub fn cover(&self, shown: NaiveDateTime) -> bool {
        self.cover_on(shown, |day| !self.holidays.contain(day))
    }

    /// Whether a local time is in the hours of a day that counts.
    pub fn cover_on(&self, shown: NaiveDateTime, counts: impl Fn(NaiveDate) -> bool) -> bool {
        let today = shown.date();
        let minute = minute_of_day(shown);
        let from = |day: NaiveDate, minute| {
            self.spans(day).iter().any(|span| i64::from(span.from) <= minute && minute < span.end()) && counts(day)
        };
        from(today, minute) || today.pred_opt().is_some_and(|yesterday| from(yesterday, minute + DAY_MINUTES))
    }

    /// How many stretches of staffed time begin on a day until a minute. Hours that touch are one stretch.
    pub fn begun_on(&self, day: NaiveDate, until: i64) -> i64 {
        let spans = self.spans(day);
        if spans.is_empty() || self.holidays.contain(day) {
            return 0;
        }
        let yesterday = day.pred_opt().filter(|yesterday| !self.holidays.contain(*yesterday));
        let before = yesterday.map_or(&[][..], |yesterday| self.spans(yesterday));
        let goes_on = |from: i64| {
            before.iter().any(|span| span.end() >= from + DAY_MINUTES)
                || spans.iter().any(|span| i64::from(span.from) < from && span.end() >= from)
        };
        let starts = spans.iter().map(|span| i64::from(span.from)).filter(|from| *from <= until && !goes_on(*from));
        starts.count() as i64
    }

    /// The first staffed instant at or after `at`, within a month.
    pub fn next_open(&self, zone: &Zone, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut shown = local_time::latest_shown(zone, at);
        let last = shown.date().checked_add_days(Days::new(LOOK_AHEAD_DAYS))?;
        let mut opens = at;
        while !self.cover(shown) {
            // A period inside a clock change gap contains no instant: at its start, it is already over.
            opens = local_time::to_instant(zone, self.next_edge(shown).filter(|edge| edge.date() <= last)?);
            shown = local_time::latest_shown(zone, opens);
        }
        Some(opens)
    }

    /// The first start or end of hours after a local time. The department may be staffed on both sides of it, or on
    /// neither.
    pub fn next_edge(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        if self.is_empty() {
            return None;
        }
        let today = shown.date();
        let minute = minute_of_day(shown);
        // After the last single date, no week is without hours for long.
        let last_holiday = self.holidays.dates.last().map_or(0, |last| (*last - today).num_days().max(0));
        let mut next = i64::MAX;
        for ahead in -1..=last_holiday.saturating_add(LONGEST_CLOSED_DAYS) {
            if next < ahead * DAY_MINUTES {
                break;
            }
            let day = today.checked_add_signed(TimeDelta::try_days(ahead)?)?;
            let spans = self.spans(day);
            if !spans.is_empty() && !self.holidays.contain(day) {
                let edges = spans.iter().flat_map(|span| [span.from.into(), span.end()]);
                let after = edges.map(|edge| ahead * DAY_MINUTES + edge).filter(|edge| *edge > minute);
                next = after.min().unwrap_or(i64::MAX).min(next);
            }
        }
        today.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::try_minutes(next)?)
    }

    fn spans(&self, day: NaiveDate) -> &[OpenSpan] {
        &self.weekly[day.weekday().num_days_from_monday() as usize]
    }
}

impl OpenSpan {
    /// In minutes from the midnight at the start of its day.
    pub fn end(self) -> i64 {
        let to = i64::from(self.to);
        if self.to > self.from { to } else { to + DAY_MINUTES }
    }
}

/// Whole minutes since local midnight.
pub fn minute_of_day(shown: NaiveDateTime) -> i64 {
    i64::from(shown.num_seconds_from_midnight() / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn weekdays(spans: &[OpenSpan]) -> Hours {
        let mut hours = Hours::default();
        hours.weekly[..5].fill(spans.to_vec());
        hours
    }

    #[test]
    fn hours_are_half_open_and_follow_the_wall_clock() {
        let hours = weekdays(&[OpenSpan { from: 480, to: 1_020 }]);
        let zone = Zone::built_in("America/Chicago").unwrap();
        for (text, staffed) in [
            ("2026-11-23T13:59:59Z", false),
            ("2026-11-23T14:00:00Z", true),
            ("2026-11-23T22:59:59Z", true),
            ("2026-11-23T23:00:00Z", false),
            ("2026-07-06T13:00:00Z", true),
            ("2026-11-22T15:00:00Z", false),
        ] {
            assert_eq!(hours.cover(local_time::latest_shown(&zone, at(text))), staffed, "{text}");
        }
        assert_eq!(hours.next_open(&zone, at("2026-11-20T23:00:00Z")), Some(at("2026-11-23T14:00:00Z")));
        assert_eq!(hours.next_open(&zone, at("2026-11-23T15:00:00Z")), Some(at("2026-11-23T15:00:00Z")));
        assert_eq!(Hours::default().next_open(&zone, at("2026-11-20T23:00:00Z")), None);
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_they_start_on() {
        let mut hours = Hours::default();
        hours.weekly[4] = vec![OpenSpan { from: 1_320, to: 360 }];
        let zone = Zone::built_in("Europe/Berlin").unwrap();
        assert!(hours.cover(local_time::latest_shown(&zone, at("2026-11-20T21:00:00Z"))));
        assert!(hours.cover(local_time::latest_shown(&zone, at("2026-11-21T04:59:59Z"))));
        assert!(!hours.cover(local_time::latest_shown(&zone, at("2026-11-21T05:00:00Z"))));
        hours.holidays.dates.insert("2026-11-20".parse().unwrap());
        assert!(!hours.cover(local_time::latest_shown(&zone, at("2026-11-21T04:00:00Z"))));
    }

    #[test]
    fn a_day_ends_at_twenty_four() {
        let mut hours = Hours::default();
        hours.weekly.fill(vec![OpenSpan { from: 0, to: 1_440 }]);
        let zone = Zone::built_in("America/Havana").unwrap();
        for hour in 0..72 {
            assert!(
                hours.cover(local_time::latest_shown(&zone, at("2026-03-07T00:30:00Z") + TimeDelta::hours(hour))),
                "{hour}"
            );
        }
    }
}
