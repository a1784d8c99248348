//! Clocks and calendars as a patient person reads them: by trying every possibility, and by counting days on a wall.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::{TZ_VARIANTS, Tz};

/// Zones whose clocks were given other rules since chrono-tz was made, so that it says nothing about them.
pub const CHANGED_SINCE: &[&str] = &[
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Edmonton",
    "America/Havana",
    "America/Inuvik",
    "America/Rainy_River",
    "America/Vancouver",
    "America/Winnipeg",
    "America/Yellowknife",
    "Canada/Central",
    "Canada/Mountain",
    "Canada/Pacific",
    "Cuba",
    "Europe/Chisinau",
    "Europe/Tiraspol",
];

/// The zones that the second reading knows the rules of: those of chrono-tz, which shares no code and no data with the
/// first.
pub fn zones() -> Vec<Tz> {
    TZ_VARIANTS.into_iter().filter(|zone| !CHANGED_SINCE.contains(&zone.name())).collect()
}

/// What the clocks show.
pub fn shows(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.naive_utc() + zone.offset_from_utc_datetime(&at.naive_utc()).fix()
}

/// The first instant at which the clocks show a time; where they skip it, the first at which they show a later one.
///
/// Five days are asked for their offsets, and each offset for the instant at which it would show the time.
pub fn meaning(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let hours = (-60..=60).step_by(4).map(|hours| local + TimeDelta::hours(hours));
    let offsets: BTreeSet<i32> = hours.map(|utc| zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()).collect();
    let instants = offsets.iter().map(|offset| (local - TimeDelta::seconds((*offset).into())).and_utc());
    if let Some(first) = instants.filter(|at| shows(zone, *at) == local).min() {
        return first;
    }
    let mut at = local.and_utc() - TimeDelta::hours(60);
    while shows(zone, at) < local {
        at += TimeDelta::minutes(1);
    }
    while shows(zone, at - TimeDelta::seconds(1)) >= local {
        at -= TimeDelta::seconds(1);
    }
    at
}

/// The instants of a year at which the zone's clocks are changed.
pub fn changes_of_clocks(zone: Tz, year: i32) -> Vec<DateTime<Utc>> {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let mut day = Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    let mut changes = Vec::new();
    while day.year() == year {
        let mut second = day;
        day += TimeDelta::days(1);
        if offset(second) != offset(day) {
            while offset(second + TimeDelta::hours(1)) == offset(second) {
                second += TimeDelta::hours(1);
            }
            let before = offset(second);
            while offset(second) == before {
                second += TimeDelta::seconds(1);
            }
            changes.push(second);
        }
    }
    changes
}

/// How many days a month has.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// "The following are legal public holidays", 5 U.S.C. 6103(a), in a year.
pub fn legal_public_holidays(year: i32) -> [NaiveDate; 11] {
    let date = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    let all = |month, weekday: Weekday| -> Vec<NaiveDate> {
        (1..=days_in_month(year, month)).map(|day| date(month, day)).filter(|day| day.weekday() == weekday).collect()
    };
    [
        date(1, 1),                            // New Year's Day, January 1
        all(1, Weekday::Mon)[2],               // Birthday of Martin Luther King, Jr., the third Monday in January
        all(2, Weekday::Mon)[2],               // Washington's Birthday, the third Monday in February
        *all(5, Weekday::Mon).last().unwrap(), // Memorial Day, the last Monday in May
        date(6, 19),                           // Juneteenth National Independence Day, June 19
        date(7, 4),                            // Independence Day, July 4
        all(9, Weekday::Mon)[0],               // Labor Day, the first Monday in September
        all(10, Weekday::Mon)[1],              // Columbus Day, the second Monday in October
        date(11, 11),                          // Veterans Day, November 11
        all(11, Weekday::Thu)[3],              // Thanksgiving Day, the fourth Thursday in November
        date(12, 25),                          // Christmas Day, December 25
    ]
}

/// The holidays of some years on their own days and on the days observed: Friday for Saturday, Monday for Sunday.
pub fn holidays_and_days_observed(years: impl Iterator<Item = i32>) -> BTreeSet<NaiveDate> {
    let mut days = BTreeSet::new();
    for day in years.flat_map(legal_public_holidays) {
        days.insert(day);
        match day.weekday() {
            Weekday::Sat => days.insert(day - Days::new(1)),
            Weekday::Sun => days.insert(day + Days::new(1)),
            _ => false,
        };
    }
    days
}
