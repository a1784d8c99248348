//! A second reading of the one rule, slow and plain, from what the hospital is and not from its files.

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::hospital::{Department, Person};

/// Who holds a role at an instant; `excluded` says who must not.
pub fn holder<'a>(
    department: &'a Department,
    role: &str,
    at: DateTime<Utc>,
    excluded: &dyn Fn(&Person) -> bool,
) -> Option<&'a Person> {
    let primary = if role == "backup" { holder(department, "primary", at, excluded).map(|one| &one.id) } else { None };
    let mut names: Vec<&String> = Vec::new();
    for change in department.overrides.iter().rev() {
        if change.role == role && covers(department.zone, at, change.from, change.to) {
            names.push(&change.person);
        }
    }
    let staffed = is_staffed(department, at);
    let in_force = department.rotations.iter().find(|turns| {
        let holds = match turns.during {
            "hours" => staffed,
            "after-hours" => !staffed,
            _ => true,
        };
        let begun = turns.every.is_none_or(|(_, _, handoff)| instant(department.zone, handoff) <= at);
        turns.role == role && holds && begun
    });
    if let Some(turns) = in_force {
        let mut turn = 0;
        if let (Some((_, _, handoff)), Some(length)) = (turns.every, turns.length()) {
            let mut next = handoff + length;
            while instant(department.zone, next) <= at {
                turn += 1;
                next += length;
            }
        }
        let first = turn % turns.people.len();
        names.push(&turns.people[first]);
        let cover = person(department, &turns.people[first]).and_then(|one| {
            let away = one.away.iter().find(|away| covers(department.zone, at, away.from, away.to))?;
            away.cover.as_ref()
        });
        names.extend(cover);
        names.extend(turns.people[first + 1..].iter().chain(&turns.people[..first]));
    }
    names.into_iter().filter_map(|name| person(department, name)).find(|one| {
        let is_away = one.away.iter().any(|away| covers(department.zone, at, away.from, away.to));
        !is_away && primary != Some(&one.id) && !excluded(one)
    })
}

fn person<'a>(department: &'a Department, id: &str) -> Option<&'a Person> {
    department.people.iter().find(|one| one.id == id)
}

fn is_staffed(department: &Department, at: DateTime<Utc>) -> bool {
    let Some((start, end, days)) = department.hours else { return false };
    let today = at.with_timezone(&department.zone).date_naive();
    [today - TimeDelta::days(1), today].into_iter().any(|day| {
        let from = day.and_hms_opt(start, 0, 0).unwrap();
        let to = day.and_hms_opt(end, 0, 0).unwrap();
        let to = if to <= from { to + TimeDelta::days(1) } else { to };
        days[day.weekday().num_days_from_monday() as usize] && covers(department.zone, at, from, to)
    })
}

fn covers(zone: Tz, at: DateTime<Utc>, from: NaiveDateTime, to: NaiveDateTime) -> bool {
    instant(zone, from) <= at && at < instant(zone, to)
}

/// The first instant that shows a local time; of one that is skipped, the first after the gap.
pub fn instant(zone: Tz, local: NaiveDateTime) -> DateTime<Utc> {
    let mut local = local;
    loop {
        if let Some(at) = zone.from_local_datetime(&local).earliest() {
            return at.with_timezone(&Utc);
        }
        local += TimeDelta::minutes(1);
    }
}
