//! Counts stretches of time that holidays split or take away.

use std::sync::OnceLock;

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::domain::roster::hours::minute_of_day;
use crate::domain::roster::week::FIRST_MONDAY;

/// Counts are kept for this many weeks, until 2069. After that, days are counted one by one.
const WEEKS_KEPT: usize = 3_640;

/// A day's last minute.
const LAST_MINUTE: i64 = 24 * 60 - 1;

/// How many stretches have begun by the start of each week, computed on first use.
#[derive(Debug, Default)]
pub struct StretchCount(OnceLock<Box<[i64]>>);

impl Clone for StretchCount {
    /// A clone starts empty because what it counts may be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl StretchCount {
    /// How many stretches have begun since [`FIRST_MONDAY`]; `begun_on` is how many begin on a day until a minute.
    pub fn begun(&self, shown: NaiveDateTime, begun_on: impl Fn(NaiveDate, i64) -> i64) -> i64 {
        let weeks = self.0.get_or_init(|| weeks(&begun_on));
        let today = shown.date();
        let Ok(days) = usize::try_from((today - FIRST_MONDAY).num_days()) else { return 0 };
        let week = (days / 7).min(weeks.len() - 1);
        let monday = FIRST_MONDAY + Days::new(week as u64 * 7);
        let before: i64 = monday.iter_days().take(days - week * 7).map(|day| begun_on(day, LAST_MINUTE)).sum();
        weeks[week] + before + begun_on(today, minute_of_day(shown))
    }
}

fn weeks(begun_on: &impl Fn(NaiveDate, i64) -> i64) -> Box<[i64]> {
    let mut days = FIRST_MONDAY.iter_days();
    let mut begun = 0;
    let mut next = || {
        let before = begun;
        begun += days.by_ref().take(7).map(|day| begun_on(day, LAST_MINUTE)).sum::<i64>();
        before
    };
    (0..WEEKS_KEPT).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn the_count_is_that_of_every_single_day_before_and_after_what_is_kept() {
        // One stretch at noon of every day whose number is not a multiple of seven.
        let begun_on = |day: NaiveDate, until: i64| i64::from(!day.day().is_multiple_of(7) && until >= 720);
        let count = StretchCount::default();
        let mut wanted = 0;
        for day in FIRST_MONDAY.iter_days().take(366 * 75) {
            let at = |hour| count.begun(day.and_hms_opt(hour, 0, 0).unwrap(), begun_on);
            assert_eq!(at(11), wanted, "{day}");
            wanted += begun_on(day, 720);
            if day.day() < 3 {
                assert_eq!(at(12), wanted, "{day}");
            }
        }
        assert_eq!(count.begun(FIRST_MONDAY.pred_opt().unwrap().and_hms_opt(12, 0, 0).unwrap(), begun_on), 0);
    }
}
