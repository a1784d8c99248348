//! `[window.NAME]`: a part of the week, or a set of days, beside a department's hours.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::id::WindowName;
use crate::domain::place::Place;
use crate::domain::roster::count::StretchCount;
use crate::domain::roster::holidays::Holidays;
use crate::domain::roster::week::Week;

/// No year is without a holiday of a calendar.
const LONGEST_WITHOUT_HOLIDAY_DAYS: usize = 366;

/// A named part of local time, made of stretches: each is as long as the window lasts without a break.
#[derive(Debug, Clone)]
pub struct Window {
    pub name: WindowName,
    pub form: Form,
    pub place: Place,
    count: StretchCount,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// The same every week.
    Week(Week),
    /// Whole local days; consecutive days are one stretch.
    Holidays(Holidays),
}

impl Window {
    pub fn new(name: WindowName, form: Form, place: Place) -> Self {
        Self { name, form, place, count: StretchCount::default() }
    }

    /// Whether a latest shown local time is in it (see [`latest_shown`](crate::domain::local_time::latest_shown)).
    pub fn cover(&self, shown: NaiveDateTime) -> bool {
        match &self.form {
            Form::Week(week) => week.cover(shown),
            Form::Holidays(holidays) => holidays.contain(shown.date()),
        }
    }

    /// The first start or end of a stretch after a local time.
    pub fn next_edge(&self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        match &self.form {
            Form::Week(week) => week.next_edge(shown),
            Form::Holidays(holidays) => next_edge(holidays, shown.date()).map(|day| day.and_time(NaiveTime::MIN)),
        }
    }

    /// The number of the stretch that covers a local time or, if none does, of the next one.
    pub fn stretch(&self, shown: NaiveDateTime) -> i64 {
        let begun = match &self.form {
            Form::Week(week) => week.begun(shown),
            Form::Holidays(holidays) => {
                self.count.begun(shown, |day, _| i64::from(holidays.contain(day) && !is_after_holiday(holidays, day)))
            }
        };
        if self.cover(shown) { begun } else { begun + 1 }
    }

    /// Whether it has no end, so that it has no turns.
    pub fn is_endless(&self) -> bool {
        matches!(&self.form, Form::Week(week) if week.is_endless())
    }
}

impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.form) == (&other.name, &other.form)
    }
}

fn is_after_holiday(holidays: &Holidays, day: NaiveDate) -> bool {
    day.pred_opt().is_some_and(|before| holidays.contain(before))
}

/// The first later day that is a holiday after a day that is not, or the other way around.
fn next_edge(holidays: &Holidays, today: NaiveDate) -> Option<NaiveDate> {
    let is_edge = |day: &NaiveDate| holidays.contain(*day) != is_after_holiday(holidays, *day);
    if holidays.us_federal {
        return today.iter_days().skip(1).take(LONGEST_WITHOUT_HOLIDAY_DAYS + holidays.dates.len()).find(is_edge);
    }
    let near = holidays.dates.range(today..).flat_map(|date| [Some(*date), date.checked_add_days(Days::new(1))]);
    near.flatten().filter(|day| *day > today).find(is_edge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holidays(us_federal: bool, dates: &[&str]) -> Window {
        let dates = dates.iter().map(|date| date.parse().unwrap()).collect();
        let place = Place { file: "rosters/x.toml".into(), line: 1 };
        Window::new("holiday".parse().unwrap(), Form::Holidays(Holidays { us_federal, dates }), place)
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn days_in_a_row_are_one_stretch() {
        let window = holidays(true, &["2026-12-24"]);
        let number = |at: &str| window.stretch(local(at));
        assert_eq!(number("2026-12-24 00:00"), number("2026-12-25 23:59"), "one person takes the whole");
        assert_eq!(number("2026-12-26 00:00"), number("2027-01-01 12:00"), "the next");
        assert_eq!(number("2027-01-01 12:00"), number("2026-12-24 00:00") + 1);
        assert_eq!(number("2026-07-03 12:00"), number("2026-07-04 12:00"), "observed and itself");
        assert!(number("2056-12-25 12:00") > number("2026-12-25 12:00") + 300, "thirty years ahead");
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        for (window, at, is_on, next) in [
            (holidays(true, &[]), "2026-11-25 23:59", false, Some("2026-11-26 00:00")),
            (holidays(true, &[]), "2026-11-26 00:00", true, Some("2026-11-27 00:00")),
            (holidays(true, &["2026-11-27"]), "2026-11-26 00:00", true, Some("2026-11-28 00:00")),
            (holidays(false, &["2026-11-26", "2031-01-02"]), "2026-11-27 00:00", false, Some("2031-01-02 00:00")),
            (holidays(false, &["2026-11-26"]), "2026-11-27 00:00", false, None),
            (holidays(false, &["2026-11-26"]), "2026-11-26 10:00", true, Some("2026-11-27 00:00")),
        ] {
            assert_eq!((window.cover(local(at)), window.next_edge(local(at))), (is_on, next.map(local)), "{at}");
        }
    }
}
