//! Days when a department is not staffed.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A named calendar, single dates, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holidays {
    /// Whether to include United States federal holidays.
    pub us_federal: bool,
    /// Additional dates.
    pub dates: BTreeSet<NaiveDate>,
}

impl Holidays {
    /// Whether hours that start on the day are dropped.
    pub fn contain(&self, day: NaiveDate) -> bool {
        self.dates.contains(&day) || (self.us_federal && is_us_federal(day))
    }
}

/// Whether a day is one of the eleven holidays in 5 U.S.C. 6103, or a day when one of them is observed.
///
/// A holiday on a Saturday is observed on the Friday before, one on a Sunday on the Monday after; both the holiday
/// itself and the observed day count.
pub fn is_us_federal(day: NaiveDate) -> bool {
    let next = day.checked_add_days(Days::new(1));
    let previous = day.checked_sub_days(Days::new(1));
    is_holiday_itself(day)
        || (day.weekday() == Weekday::Fri && next.is_some_and(is_holiday_itself))
        || (day.weekday() == Weekday::Mon && previous.is_some_and(is_holiday_itself))
}

fn is_holiday_itself(day: NaiveDate) -> bool {
    let nth = (day.day0() / 7) + 1;
    let is_last = day.day() + 7 > 31;
    match (day.month(), day.day(), day.weekday()) {
        (1, 1, _) | (6, 19, _) | (7, 4, _) | (11, 11, _) | (12, 25, _) => true,
        (1 | 2, _, Weekday::Mon) => nth == 3,
        (5, _, Weekday::Mon) => is_last,
        (9, _, Weekday::Mon) => nth == 1,
        (10, _, Weekday::Mon) => nth == 2,
        (11, _, Weekday::Thu) => nth == 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_has_the_eleven_and_their_observed_days() {
        let first: NaiveDate = "2026-01-01".parse().unwrap();
        let days: Vec<String> =
            first.iter_days().take(365).filter(|day| is_us_federal(*day)).map(|day| day.to_string()).collect();
        assert_eq!(
            days,
            [
                "2026-01-01",
                "2026-01-19",
                "2026-02-16",
                "2026-05-25",
                "2026-06-19",
                "2026-07-03",
                "2026-07-04",
                "2026-09-07",
                "2026-10-12",
                "2026-11-11",
                "2026-11-26",
                "2026-12-25"
            ]
        );
        assert!(is_us_federal("2021-12-31".parse().unwrap()), "New Year's Day 2022 fell on a Saturday");
        assert!(is_us_federal("2027-12-24".parse().unwrap()), "Christmas 2027 falls on a Saturday");
    }
}
