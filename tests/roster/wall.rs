//! Stretches of the week on the wall clock: walked day by day, and put together where they touch.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use crate::clocks::holidays_and_days_observed;

/// `[from, to)`, as the clocks show it.
pub type Stretch = (NaiveDateTime, NaiveDateTime);

/// The longest piece of a window is a week: whoever wants to know what covers a day starts so long before it.
pub const LEAD: Days = Days::new(9);

/// A `[window.NAME]`.
#[derive(Debug, Clone)]
pub struct Window {
    pub name: &'static str,
    pub form: Form,
}

/// Days are counted from Monday, times in minutes from midnight.
#[derive(Debug, Clone)]
pub enum Form {
    Week { from: (u32, u32), to: (u32, u32) },
    Days { days: Vec<u32>, hours: Vec<(u32, u32)> },
    Holidays { us_federal: bool, dates: Vec<NaiveDate> },
}

impl Form {
    /// Its stretches of which a part starts on one of the days, each as long as it can be.
    pub fn stretches(&self, first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
        match self {
            Self::Week { from, to } => joined(days(first, last).flat_map(|day| over_the_week(*from, *to, day))),
            Self::Days { days: named, hours } => {
                let on_them = days(first, last).filter(|day| named.contains(&weekday(*day)));
                joined(on_them.flat_map(|day| hours_on(day, hours)))
            }
            Self::Holidays { us_federal, dates } => {
                let holidays = holidays(*us_federal, dates, first, last);
                joined(days(first, last).filter(|day| holidays.contains(day)).map(whole))
            }
        }
    }
}

/// The staffed stretches; a holiday drops the hours that start on it.
pub fn staffed(
    week: &[Vec<(u32, u32)>; 7],
    holidays: &BTreeSet<NaiveDate>,
    first: NaiveDate,
    last: NaiveDate,
) -> Vec<Stretch> {
    let open = days(first, last).filter(|day| !holidays.contains(day));
    joined(open.flat_map(|day| hours_on(day, &week[weekday(day) as usize])))
}

/// The stretches between these, from the start of one day to the end of another.
pub fn between(stretches: &[Stretch], first: NaiveDate, last: NaiveDate) -> Vec<Stretch> {
    let mut between = Vec::new();
    let mut free_since = whole(first).0;
    for (from, to) in stretches {
        if free_since < *from {
            between.push((free_since, *from));
        }
        free_since = *to;
    }
    if free_since < whole(last).1 {
        between.push((free_since, whole(last).1));
    }
    between
}

/// The holidays in some days and around them.
pub fn holidays(us_federal: bool, dates: &[NaiveDate], first: NaiveDate, last: NaiveDate) -> BTreeSet<NaiveDate> {
    let mut all: BTreeSet<_> = dates.iter().copied().collect();
    if us_federal {
        all.extend(holidays_and_days_observed(first.year() - 1..=last.year() + 1));
    }
    all
}

pub fn days(first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    first.iter_days().take_while(move |day| *day <= last)
}

/// From Monday, 0, to Sunday, 6.
pub fn weekday(day: NaiveDate) -> u32 {
    day.weekday().num_days_from_monday()
}

pub fn whole(day: NaiveDate) -> Stretch {
    (day.and_time(NaiveTime::MIN), (day + Days::new(1)).and_time(NaiveTime::MIN))
}

/// Hours whose end is not after their start pass midnight.
pub fn hours_on(day: NaiveDate, hours: &[(u32, u32)]) -> Vec<Stretch> {
    let (midnight, next_midnight) = whole(day);
    let span = |(from, to): &(u32, u32)| {
        let end = if to > from { midnight } else { next_midnight };
        (midnight + TimeDelta::minutes((*from).into()), end + TimeDelta::minutes((*to).into()))
    };
    hours.iter().map(span).collect()
}

/// From the day on which it starts, forward to the first such end.
fn over_the_week(from: (u32, u32), to: (u32, u32), day: NaiveDate) -> Option<Stretch> {
    if weekday(day) != from.0 {
        return None;
    }
    let start = whole(day).0 + TimeDelta::minutes(from.1.into());
    let mut last = day;
    loop {
        let end = whole(last).0 + TimeDelta::minutes(to.1.into());
        if weekday(last) == to.0 && end > start {
            return Some((start, end));
        }
        last = last + Days::new(1);
    }
}

fn joined(pieces: impl Iterator<Item = Stretch>) -> Vec<Stretch> {
    let mut pieces: Vec<_> = pieces.collect();
    pieces.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::new();
    for (from, to) in pieces {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[track_caller]
fn check(stretches: &[Stretch], wanted: &[(&str, &str)]) {
    let told: Vec<_> = stretches
        .iter()
        .map(|(from, to)| (from.format("%a %m-%d %H:%M").to_string(), to.format("%a %m-%d %H:%M").to_string()))
        .collect();
    let wanted: Vec<_> = wanted.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    assert_eq!(told, wanted);
}

/// A day of November 2026, which begins on a Sunday.
fn november(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

#[test]
fn stretches_of_a_window_are_as_long_as_they_can_be() {
    let week = |from, to| Form::Week { from, to }.stretches(november(1), november(14));
    // From Friday 17:00 over the week's end to Monday 08:00.
    check(
        &week((4, 1_020), (0, 480)),
        &[("Fri 11-06 17:00", "Mon 11-09 08:00"), ("Fri 11-13 17:00", "Mon 11-16 08:00")],
    );
    // An end earlier on the day of the start is the one of the week after: nine hours stay free.
    check(
        &week((0, 1_020), (0, 480)),
        &[("Mon 11-02 17:00", "Mon 11-09 08:00"), ("Mon 11-09 17:00", "Mon 11-16 08:00")],
    );
    let days = |days: &[u32], hours: &[(u32, u32)]| {
        Form::Days { days: days.to_vec(), hours: hours.to_vec() }.stretches(november(2), november(8))
    };
    // Nights from 17:00 to 08:00 do not touch.
    check(
        &days(&[0, 1], &[(1_020, 480)]),
        &[("Mon 11-02 17:00", "Tue 11-03 08:00"), ("Tue 11-03 17:00", "Wed 11-04 08:00")],
    );
    // From 08:00 to 08:00 is a day: Monday's and Tuesday's are one stretch, Thursday's is another.
    check(
        &days(&[0, 1, 3], &[(480, 480)]),
        &[("Mon 11-02 08:00", "Wed 11-04 08:00"), ("Thu 11-05 08:00", "Fri 11-06 08:00")],
    );
    // Thanksgiving and the Friday after it, and Veterans Day.
    let holidays = Form::Holidays { us_federal: true, dates: vec![november(27)] };
    check(
        &holidays.stretches(november(8), november(30)),
        &[("Wed 11-11 00:00", "Thu 11-12 00:00"), ("Thu 11-26 00:00", "Sat 11-28 00:00")],
    );
}

#[test]
fn staffed_stretches_are_split_by_holidays_and_those_between_them_are_the_rest() {
    let always: [Vec<(u32, u32)>; 7] = std::array::from_fn(|_| vec![(0, 1_440)]);
    let (first, last) = (november(9), november(15));
    // Staffed around the clock but on Wednesday 11 and Thursday 12.
    let split = staffed(&always, &[november(11), november(12)].into(), first, last);
    check(&split, &[("Mon 11-09 00:00", "Wed 11-11 00:00"), ("Fri 11-13 00:00", "Mon 11-16 00:00")]);
    check(&between(&split, first, last), &[("Wed 11-11 00:00", "Fri 11-13 00:00")]);
    // Friday's night goes on into Saturday's hours; the holiday on Saturday drops only what starts on it.
    let mut week: [Vec<(u32, u32)>; 7] = std::array::from_fn(|_| Vec::new());
    (week[4], week[5]) = (vec![(1_320, 360)], vec![(300, 720)]);
    check(&staffed(&week, &BTreeSet::new(), first, last), &[("Fri 11-13 22:00", "Sat 11-14 12:00")]);
    let holiday = staffed(&week, &[november(14)].into(), first, last);
    check(&holiday, &[("Fri 11-13 22:00", "Sat 11-14 06:00")]);
    check(
        &between(&holiday, first, last),
        &[("Mon 11-09 00:00", "Fri 11-13 22:00"), ("Sat 11-14 06:00", "Mon 11-16 00:00")],
    );
}
