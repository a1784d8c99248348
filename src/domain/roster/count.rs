//! Counts stretches of time that holidays split or take away.

use std::sync::OnceLock;

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::domain::roster::hours::minute_of_day;
use crate::domain::roster::week::FIRST_MONDAY;

/// Near counts are kept for this many weeks, until 2069: nobody plans further ahead.
const NEAR_WEEKS: usize = 3_640;

/// The calendar repeats after 400 years, which are whole weeks.
const CYCLE_WEEKS: usize = 20_871;

/// Files name single dates of the first cycle only, so that the second one stands for all that follow.
const FAR_WEEKS: usize = 2 * CYCLE_WEEKS + 1;

/// A day's last minute.
const LAST_MINUTE: i64 = 24 * 60 - 1;

/// How many stretches have begun by the start of each week, computed on first use.
#[derive(Debug, Default)]
pub struct StretchCount {
    near: OnceLock<Box<[i64]>>,
    far: OnceLock<Box<[i64]>>,
}

impl Clone for StretchCount {
    /// A clone starts empty because what it counts may be changed.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl StretchCount {
    /// How many stretches have begun since [`FIRST_MONDAY`]; `begun_on` is how many begin on a day until a minute.
    pub fn begun(&self, shown: NaiveDateTime, begun_on: impl Fn(NaiveDate, i64) -> i64) -> i64 {
        let today = shown.date();
        let Ok(days) = usize::try_from((today - FIRST_MONDAY).num_days()) else { return 0 };
        let monday = FIRST_MONDAY + Days::new(days as u64 / 7 * 7);
        let this_week: i64 = monday.iter_days().take(days % 7).map(|day| begun_on(day, LAST_MINUTE)).sum();
        self.before_week(days / 7, &begun_on) + this_week + begun_on(today, minute_of_day(shown))
    }

    fn before_week(&self, week: usize, begun_on: &impl Fn(NaiveDate, i64) -> i64) -> i64 {
        if week < NEAR_WEEKS {
            return self.near.get_or_init(|| weeks(NEAR_WEEKS, begun_on))[week];
        }
        let far = self.far.get_or_init(|| weeks(FAR_WEEKS, begun_on));
        let cycles = (week / CYCLE_WEEKS).saturating_sub(1);
        let each = far[2 * CYCLE_WEEKS] - far[CYCLE_WEEKS];
        far[week - cycles * CYCLE_WEEKS] + each * i64::try_from(cycles).unwrap_or_default()
    }
}

fn weeks(count: usize, begun_on: &impl Fn(NaiveDate, i64) -> i64) -> Box<[i64]> {
    let mut days = FIRST_MONDAY.iter_days();
    let mut begun = 0;
    let mut next = || {
        let before = begun;
        begun += days.by_ref().take(7).map(|day| begun_on(day, LAST_MINUTE)).sum::<i64>();
        before
    };
    (0..count).map(|_| next()).collect()
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
        let noon = |year| NaiveDate::from_ymd_opt(year, 6, 1).unwrap().and_hms_opt(12, 0, 0).unwrap();
        let far = |year| count.begun(noon(year), begun_on);
        let single: i64 = noon(2_101).date().iter_days().skip(1).take(366 * 5).map(|day| begun_on(day, 720)).sum();
        assert_eq!(far(9_997) - far(9_597), far(2_997) - far(2_597), "every 400 years are alike");
        let later = noon(2_101) + chrono::TimeDelta::days(366 * 5);
        assert_eq!(count.begun(later, begun_on) - far(2_101), single, "counted after what is near");
        assert_eq!(count.begun(FIRST_MONDAY.pred_opt().unwrap().and_hms_opt(12, 0, 0).unwrap(), begun_on), 0);
    }
}
