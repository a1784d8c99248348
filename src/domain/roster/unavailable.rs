//! Times of the week at which a person cannot be on call.

use chrono::{Days, NaiveDate, NaiveDateTime};

use crate::domain::place::Place;
use crate::domain::roster::hours::Hours;

/// A day's span may end on the next day, and a search looks at what comes after that.
const DAYS_AFTER_LAST: Days = Days::new(2);

/// Time at which a person cannot be on call, week after week, without a cover.
#[derive(Debug, Clone)]
pub struct Unavailable {
    /// Without holidays.
    pub hours: Hours,
    /// The last day on which a span may start.
    pub until: Option<NaiveDate>,
    pub place: Place,
}

impl Unavailable {
    /// Whether a latest shown local time is in it.
    pub fn cover(&self, shown: NaiveDateTime) -> bool {
        self.hours.cover_on(shown, |day| self.until.is_none_or(|until| day <= until))
    }

    /// The first start or end after a local time; the person may be unavailable on both sides of it, or on neither.
    pub fn next_edge(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        let last = self.until.and_then(|until| until.checked_add_days(DAYS_AFTER_LAST));
        self.hours.next_edge(shown).filter(|edge| last.is_none_or(|last| edge.date() < last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::hours::OpenSpan;

    #[test]
    fn the_last_day_counts_with_the_night_that_starts_on_it() {
        let mut hours = Hours::default();
        hours.weekly[1] = vec![OpenSpan { from: 1_320, to: 360 }];
        let place = Place { file: "rosters/x.toml".into(), line: 1 };
        let unavailable = Unavailable { hours, until: Some("2027-06-29".parse().unwrap()), place };
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        for (at, is_on, next) in [
            ("2027-06-22 22:00", true, Some("2027-06-23 06:00")),
            ("2027-06-29 21:59", false, Some("2027-06-29 22:00")),
            ("2027-06-30 05:59", true, Some("2027-06-30 06:00")),
            ("2027-06-30 06:00", false, None),
            ("2027-07-06 23:00", false, None),
        ] {
            let found = (unavailable.cover(local(at)), unavailable.next_edge(local(at)));
            assert_eq!(found, (is_on, next.map(local)), "{at}");
        }
    }
}
