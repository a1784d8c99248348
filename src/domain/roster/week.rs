//! The same stretches of local time, week after week.

use std::fmt;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::domain::roster::hours::{OpenSpan, minute_of_day};

const DAY_MINUTES: i64 = 24 * 60;

/// The length of a week in minutes.
pub const WEEK_MINUTES: i64 = 7 * DAY_MINUTES;

/// The Monday from which stretches are counted; before it no file has a date.
pub const FIRST_MONDAY: NaiveDate = match NaiveDate::from_ymd_opt(1999, 12, 27) {
    Some(monday) => monday,
    None => NaiveDate::MIN,
};

/// Stretches of a week that neither overlap nor touch, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week(Vec<Stretch>);

/// In minutes from Monday 00:00; it may end in the next week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    from: i64,
    to: i64,
}

impl Week {
    /// One stretch between two minutes of the week; if the end is not after the start, it ends in the next week.
    pub fn between(from: i64, to: i64) -> Self {
        Self::of([(from, if to > from { to } else { to + WEEK_MINUTES })])
    }

    /// The whole week.
    pub fn endless() -> Self {
        Self(vec![Stretch { from: 0, to: WEEK_MINUTES }])
    }

    /// The spans of each day, Monday first; those that overlap or touch are one stretch.
    pub fn of_days(days: &[Vec<OpenSpan>; 7]) -> Self {
        let midnights = (0..).step_by(24 * 60);
        Self::of(midnights.zip(days).flat_map(|(midnight, spans)| {
            spans.iter().map(move |span| (midnight + i64::from(span.from), midnight + span.end()))
        }))
    }

    fn of(spans: impl IntoIterator<Item = (i64, i64)>) -> Self {
        let mut all: Vec<Stretch> = spans.into_iter().map(|(from, to)| Stretch { from, to }).collect();
        all.sort_unstable();
        let mut merged: Vec<Stretch> = Vec::new();
        for one in all {
            match merged.last_mut().filter(|last| one.from <= last.to) {
                Some(last) => last.to = last.to.max(one.to),
                None => merged.push(one),
            }
        }
        // The end of the week may reach the stretches at its start.
        while let Some(last) = merged.last().copied() {
            let Some(first) = merged.first().copied().filter(|first| first.from + WEEK_MINUTES <= last.to) else {
                break;
            };
            if merged.len() == 1 {
                return Self::endless();
            }
            merged.remove(0);
            if let Some(last) = merged.last_mut() {
                last.to = last.to.max(first.to + WEEK_MINUTES);
            }
        }
        Self(merged)
    }

    /// What is in one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).map(|stretch| (stretch.from, stretch.to)))
    }

    /// The rest of the week.
    #[must_use]
    pub fn complement(&self) -> Self {
        let Some(first) = self.0.first() else { return Self::endless() };
        let next = self.0.iter().skip(1).map(|stretch| stretch.from).chain([first.from + WEEK_MINUTES]);
        let gaps = self.0.iter().map(|stretch| stretch.to).zip(next);
        let gaps = gaps.filter(|(from, to)| from < to);
        Self::of(gaps.map(|(from, to)| (from % WEEK_MINUTES, to - from + from % WEEK_MINUTES)))
    }

    /// Whether all of another one is in it.
    pub fn contains(&self, other: &Self) -> bool {
        let is_in = |inner: &Stretch| {
            let shifted = |by: i64| (inner.from + by, inner.to + by);
            let fits = |(from, to)| self.0.iter().any(|outer| outer.from <= from && to <= outer.to);
            self.is_endless() || fits(shifted(0)) || fits(shifted(WEEK_MINUTES)) || fits(shifted(-WEEK_MINUTES))
        };
        other.0.iter().all(is_in)
    }

    /// Whether some of it is within so many minutes from a minute of the week.
    pub fn meets(&self, from: i64, minutes: i64) -> bool {
        let overlaps = |one: &Stretch, by: i64| one.from + by < from + minutes && from < one.to + by;
        let near = |one: &Stretch| [-WEEK_MINUTES, 0, WEEK_MINUTES].into_iter().any(|by| overlaps(one, by));
        (minutes >= WEEK_MINUTES && !self.0.is_empty()) || self.0.iter().any(near)
    }

    /// Whether it has no end.
    pub fn is_endless(&self) -> bool {
        self.0.iter().any(|stretch| stretch.to - stretch.from >= WEEK_MINUTES)
    }

    /// Whether a latest shown local time is in a stretch.
    pub fn cover(&self, shown: NaiveDateTime) -> bool {
        let minute = minute_of_week(shown);
        self.0.iter().any(|stretch| {
            let covers = |minute| stretch.from <= minute && minute < stretch.to;
            covers(minute) || covers(minute + WEEK_MINUTES)
        })
    }

    /// The first start or end of a stretch after a local time.
    pub fn next_edge(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        if self.is_endless() {
            return None;
        }
        let minute = minute_of_week(shown);
        let edges = self.0.iter().flat_map(|stretch| [stretch.from, stretch.to]);
        let ahead = edges.map(|edge| (edge - minute - 1).rem_euclid(WEEK_MINUTES) + 1).min()?;
        let whole = shown.date().and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minute_of_day(shown)));
        whole?.checked_add_signed(TimeDelta::minutes(ahead))
    }

    /// How many stretches have begun since [`FIRST_MONDAY`].
    pub fn begun(&self, shown: NaiveDateTime) -> i64 {
        let weeks = (shown.date() - FIRST_MONDAY).num_days().div_euclid(7);
        let minute = minute_of_week(shown);
        let this_week = self.0.partition_point(|stretch| stretch.from <= minute);
        weeks * self.0.len() as i64 + this_week as i64
    }
}

impl fmt::Display for Week {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_endless() {
            return out.write_str("the whole week");
        }
        for (number, stretch) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            write!(out, "{comma}{} to {}", TimeOfWeek(stretch.from), TimeOfWeek(stretch.to))?;
        }
        Ok(())
    }
}

/// `Fri 17:00`.
struct TimeOfWeek(i64);

impl fmt::Display for TimeOfWeek {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let minute = self.0 % WEEK_MINUTES;
        let day = usize::try_from(minute / DAY_MINUTES).ok().and_then(|day| days.get(day)).unwrap_or(&"");
        write!(out, "{day} {:02}:{:02}", minute % DAY_MINUTES / 60, minute % 60)
    }
}

fn minute_of_week(shown: NaiveDateTime) -> i64 {
    i64::from(shown.weekday().num_days_from_monday()) * DAY_MINUTES + minute_of_day(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    const FRIDAY_EVENING: i64 = 4 * DAY_MINUTES + 17 * 60;

    #[test]
    fn a_weekend_reaches_into_the_next_week() {
        let weekend = Week::between(FRIDAY_EVENING, 8 * 60);
        for (at, is_on, next) in [
            ("2026-12-04 16:59:59", false, "2026-12-04 17:00:00"),
            ("2026-12-04 17:00:00", true, "2026-12-07 08:00:00"),
            ("2026-12-06 23:59:59", true, "2026-12-07 08:00:00"),
            ("2026-12-07 07:59:59", true, "2026-12-07 08:00:00"),
            ("2026-12-07 08:00:00", false, "2026-12-11 17:00:00"),
        ] {
            assert_eq!((weekend.cover(local(at)), weekend.next_edge(local(at))), (is_on, Some(local(next))), "{at}");
        }
        let number = |at: &str| weekend.begun(local(at));
        assert_eq!(number("2026-12-04 17:00:00"), number("2026-12-04 16:59:59") + 1);
        assert_eq!(number("2026-12-07 07:59:59"), number("2026-12-04 17:00:00"));
        assert_eq!(number("2056-12-08 17:00:00"), number("2026-12-11 17:00:00") + 1_565, "thirty years of weeks");
    }

    #[test]
    fn the_rest_of_the_week_completes_it() {
        let weekend = Week::between(FRIDAY_EVENING, 8 * 60);
        let rest = weekend.complement();
        assert_eq!(rest, Week::between(8 * 60, FRIDAY_EVENING));
        assert_eq!((rest.complement(), Week::default().complement()), (weekend.clone(), Week::endless()));
        assert!(rest.union(&weekend).is_endless() && Week::endless().complement() == Week::default());
        let sunday = Week::between(6 * DAY_MINUTES, 7 * 60);
        assert!(weekend.contains(&sunday) && !sunday.contains(&weekend) && Week::endless().contains(&weekend));
        for (from, minutes, meets) in [
            (8 * 60, DAY_MINUTES, false),
            (8 * 60, 4 * DAY_MINUTES + 9 * 60, false),
            (8 * 60, 4 * DAY_MINUTES + 9 * 60 + 1, true),
            (0, 1, true),
            (WEEK_MINUTES - 1, 1, true),
            (8 * 60, WEEK_MINUTES, true),
        ] {
            assert_eq!(weekend.meets(from, minutes), meets, "{from} {minutes}");
        }
        assert_eq!(weekend.to_string(), "Fri 17:00 to Mon 08:00");
    }

    #[test]
    fn spans_that_touch_or_overlap_are_one_stretch() {
        let span = |from, to| OpenSpan { from, to };
        let mut days: [Vec<OpenSpan>; 7] = Default::default();
        days[4] = vec![span(1_020, 1_440)];
        days[5] = vec![span(0, 1_440)];
        days[6] = vec![span(0, 480), span(1_380, 120)];
        assert_eq!(
            Week::of_days(&days),
            Week(vec![
                Stretch { from: FRIDAY_EVENING, to: 6 * DAY_MINUTES + 480 },
                Stretch { from: 6 * DAY_MINUTES + 1_380, to: WEEK_MINUTES + 120 },
            ])
        );
        days[0] = vec![span(60, 180)];
        assert_eq!(
            Week::of_days(&days).0.last(),
            Some(&Stretch { from: 6 * DAY_MINUTES + 1_380, to: WEEK_MINUTES + 180 }),
            "also across the end of the week"
        );
        let all_week: [Vec<OpenSpan>; 7] = std::array::from_fn(|_| vec![span(420, 1_140), span(1_140, 420)]);
        assert!(Week::of_days(&all_week).is_endless());
        assert!(Week::of_days(&all_week).cover(local("2026-12-07 07:00:00")));
        assert!(Week::between(480, 480).is_endless());
        assert!(!Week::between(480, 479).is_endless() && !Week::default().is_endless());
    }
}
