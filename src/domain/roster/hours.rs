//! Staffed hours: a weekly pattern on the local wall clock, less the holidays.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::civil;
use crate::domain::roster::holidays::Holidays;

/// Looking for the next opening gives up after this many days: a department closed for longer is not waited for.
const LOOK_AHEAD_DAYS: u64 = 31;

/// When a department is staffed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    /// Monday first.
    pub weekly: [Vec<OpenSpan>; 7],
    /// Days whose hours are dropped.
    pub holidays: Holidays,
}

/// One staffed span of a day, in minutes from local midnight.
///
/// An end that is not after the start passes midnight; the span belongs to the day it starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSpan {
    /// 0 to 1439.
    pub from: u16,
    /// 0 to 1440; 1440 is the day's end.
    pub to: u16,
}

impl Hours {
    /// Whether no day has hours.
    pub fn is_empty(&self) -> bool {
        self.weekly.iter().all(Vec::is_empty)
    }

    /// Whether an instant is staffed.
    pub fn cover(&self, zone: Tz, at: DateTime<Utc>) -> bool {
        self.spans_near(zone, at, 1).any(|(from, to)| from <= at && at < to)
    }

    /// The first staffed instant from `at` on, within a month.
    pub fn next_open(&self, zone: Tz, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.spans_near(zone, at, LOOK_AHEAD_DAYS).filter(|(_, to)| at < *to).map(|(from, _)| from.max(at)).min()
    }

    /// The first opening or closing after an instant, within a month.
    pub fn next_edge(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let edges = self.spans_near(zone, after, LOOK_AHEAD_DAYS).flat_map(|(from, to)| [from, to]);
        edges.filter(|edge| *edge > after).min()
    }

    /// The spans that start from two days before the local day of `at` to so many days after it.
    fn spans_near(
        &self,
        zone: Tz,
        at: DateTime<Utc>,
        ahead: u64,
    ) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> {
        let today = civil::to_local(zone, at).date();
        let first = today.checked_sub_days(Days::new(2)).unwrap_or(today);
        let days = first.iter_days().take(usize::try_from(ahead).unwrap_or(0) + 3);
        days.filter(|day| !self.holidays.contain(*day)).flat_map(move |day| {
            let spans = &self.weekly[day.weekday().num_days_from_monday() as usize];
            spans.iter().map(move |span| span.on(zone, day)).filter(|(from, to)| from < to)
        })
    }
}

impl OpenSpan {
    fn on(self, zone: Tz, day: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let to = if self.to > self.from { self.to } else { self.to + 1_440 };
        let local = |minutes: u16| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
        (civil::to_instant(zone, local(self.from)), civil::to_instant(zone, local(to)))
    }
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
        let zone = chrono_tz::America::Chicago;
        for (text, staffed) in [
            ("2026-11-23T13:59:59Z", false),
            ("2026-11-23T14:00:00Z", true),
            ("2026-11-23T22:59:59Z", true),
            ("2026-11-23T23:00:00Z", false),
            ("2026-07-06T13:00:00Z", true),
            ("2026-11-22T15:00:00Z", false),
        ] {
            assert_eq!(hours.cover(zone, at(text)), staffed, "{text}");
        }
        assert_eq!(hours.next_open(zone, at("2026-11-20T23:00:00Z")), Some(at("2026-11-23T14:00:00Z")));
        assert_eq!(hours.next_open(zone, at("2026-11-23T15:00:00Z")), Some(at("2026-11-23T15:00:00Z")));
        assert_eq!(Hours::default().next_open(zone, at("2026-11-20T23:00:00Z")), None);
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_they_start_on() {
        let mut hours = Hours::default();
        hours.weekly[4] = vec![OpenSpan { from: 1_320, to: 360 }];
        let zone = chrono_tz::Europe::Berlin;
        assert!(hours.cover(zone, at("2026-11-20T21:00:00Z")));
        assert!(hours.cover(zone, at("2026-11-21T04:59:59Z")));
        assert!(!hours.cover(zone, at("2026-11-21T05:00:00Z")));
        hours.holidays.dates.insert("2026-11-20".parse().unwrap());
        assert!(!hours.cover(zone, at("2026-11-21T04:00:00Z")));
    }

    #[test]
    fn a_day_ends_at_twenty_four() {
        let mut hours = Hours::default();
        hours.weekly.fill(vec![OpenSpan { from: 0, to: 1_440 }]);
        let zone = chrono_tz::America::Havana;
        for hour in 0..72 {
            assert!(hours.cover(zone, at("2026-03-07T00:30:00Z") + TimeDelta::hours(hour)), "{hour}");
        }
    }
}
