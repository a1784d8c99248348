//! Over random rosters, `wardbell diff` tells every second at which duty differs, and no other.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};
use wardbell::domain::id::Role;
use wardbell::domain::plan_diff::duty::{DutyChange, Run, changes, is_same_change, runs};
use wardbell::domain::plan_diff::window::Window;
use wardbell::domain::playbook::Staffing;
use wardbell::domain::roster::Roster;

use crate::diff::plan;
use crate::good;

/// Everything in a random roster begins and ends on a step of this length.
const STEP: TimeDelta = TimeDelta::minutes(30);

/// Clocks in Chicago go back on the third day.
const FROM: &str = "2026-10-30T05:00:00Z";

const DAYS: i64 = 4;

const PEOPLE: [&str; 4] = ["ann", "bob", "cy", "dee"];

fn person() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&PEOPLE[..])
}

/// A local time in or about the days that are looked at.
fn moment() -> impl Strategy<Value = i64> {
    -48..(DAYS + 2) * 48
}

fn local(steps: i64) -> String {
    let start: DateTime<Utc> = "2026-10-30T00:00:00Z".parse().unwrap();
    (start + STEP * i32::try_from(steps).unwrap()).format("%Y-%m-%d %H:%M").to_string()
}

fn rotation() -> impl Strategy<Value = String> {
    let role = prop::sample::select(&["primary", "backup", "scribe"][..]);
    let during = prop::sample::select(&["hours", "after-hours", "always"][..]);
    let people = prop::sample::subsequence(PEOPLE.to_vec(), 1..=4).prop_shuffle();
    let every = prop::option::of(prop::sample::select(&["7 hours", "1 day", "2 days", "1 week"][..]));
    (role, during, people, every, moment()).prop_map(|(role, during, people, every, handoff)| {
        let turns = every.map(|every| format!("every = \"{every}\"\nhandoff = \"{}\"\n", local(handoff)));
        let turns = turns.unwrap_or_default();
        format!("[[rotation]]\nrole = \"{role}\"\nduring = \"{during}\"\nliaisons = {people:?}\n{turns}")
    })
}

fn change() -> impl Strategy<Value = String> {
    let role = prop::sample::select(&["primary", "backup"][..]);
    (role, moment(), 1..60_i64, person()).prop_map(|(role, from, length, who)| {
        let (from, to) = (local(from), local(from + length));
        format!("[[override]]\nrole = \"{role}\"\nfrom = \"{from}\"\nto = \"{to}\"\nliaison = \"{who}\"\n")
    })
}

fn absences() -> impl Strategy<Value = Vec<String>> {
    let absence = (moment(), 1..200_i64, prop::option::of(any::<()>()));
    let absence = absence.prop_map(|(from, length, _)| {
        format!("away = [{{ from = \"{}\", to = \"{}\" }}]\n", local(from), local(from + length))
    });
    prop::collection::vec(prop::option::of(absence).prop_map(Option::unwrap_or_default), 4)
}

fn hours() -> impl Strategy<Value = String> {
    let day = prop::option::of((0..24_u32, 0..=24_u32));
    prop::collection::vec(day, 7).prop_map(|days| {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let day = |(name, span): (&str, Option<(u32, u32)>)| {
            span.map(|(from, to)| format!("{name} = \"{from:02}:30-{to:02}:{}\"\n", if to == 24 { "00" } else { "30" }))
        };
        let days: String = names.into_iter().zip(days).filter_map(day).collect();
        format!("[hours]\n{days}")
    })
}

/// The text of a roster.
fn roster() -> impl Strategy<Value = String> {
    let changes = prop::collection::vec(change(), 0..3);
    let rotations = prop::collection::vec(rotation(), 1..5);
    (hours(), absences(), rotations, changes).prop_map(|(hours, absences, rotations, changes)| {
        let head = "department = \"privacy\"\nname = \"Privacy Office\"\ntimezone = \"America/Chicago\"\n";
        let people = PEOPLE.iter().zip(absences).map(|(id, absence)| {
            format!("[[liaison]]\nid = \"{id}\"\nname = \"{id}\"\nemail = \"{id}@mercy.example\"\n{absence}")
        });
        let parts: Vec<String> = people.chain(rotations).chain(changes).collect();
        format!("{head}{hours}{}", parts.join(""))
    })
}

fn read(text: &str) -> std::sync::Arc<Roster> {
    let mut files = good();
    files.insert("rosters/privacy.toml", text);
    plan(&files).rosters[&"privacy".parse().unwrap()].clone()
}

fn holder(roster: &Roster, role: &Role, at: DateTime<Utc>) -> Option<String> {
    roster.on_call(role, at, &|_| false).map(|holder| holder.liaison.id.to_string())
}

/// Asks at every step, and at the second before it.
fn check(old: &str, new: &str) {
    let (old, new) = (read(old), read(new));
    let from: DateTime<Utc> = FROM.parse().unwrap();
    let to = from + TimeDelta::days(DAYS);
    let told = changes(&old, &new, Window { from, to });
    for one in &told {
        assert!(from <= one.from && one.from < one.to && one.to <= to && one.before != one.after, "{one:?}");
    }
    for role in ["primary", "backup", "scribe"].map(|role| role.parse::<Role>().unwrap()) {
        let of_role: Vec<&DutyChange> = told.iter().filter(|one| one.role == role).collect();
        let sentences = sentences(&old, &new, &of_role);
        let second = TimeDelta::seconds(1);
        let mut at = from;
        while at < to {
            for asked in [at, at + STEP - second] {
                let told = of_role.iter().filter(|one| one.from <= asked && asked < one.to);
                let told: Vec<_> = told.map(|one| (id(one.before.as_ref()), id(one.after.as_ref()))).collect();
                let (before, after) = (holder(&old, &role, asked), holder(&new, &role, asked));
                let true_one: Vec<_> = (before != after).then_some((before, after)).into_iter().collect();
                assert_eq!(told, true_one, "{role} at {asked}");
                check_runs(&new, &sentences, asked);
            }
            at += STEP;
        }
    }
}

fn id(person: Option<&wardbell::domain::plan_diff::people::Person>) -> Option<String> {
    person.map(|person| person.id.to_string())
}

/// The intervals of each pair of people, and what tells them.
fn sentences<'a>(old: &Roster, new: &Roster, of_role: &[&'a DutyChange]) -> Vec<(Vec<&'a DutyChange>, Vec<Run>)> {
    let mut pairs: Vec<Vec<&DutyChange>> = Vec::new();
    for one in of_role {
        match pairs.iter_mut().find(|pair| is_same_change(pair[0], one)) {
            Some(pair) => pair.push(one),
            None => pairs.push(vec![one]),
        }
    }
    pairs.into_iter().map(|pair| (pair.clone(), runs(old, new, &pair))).collect()
}

/// What one sentence tells is exactly what its intervals tell.
fn check_runs(new: &Roster, sentences: &[(Vec<&DutyChange>, Vec<Run>)], at: DateTime<Utc>) {
    for (intervals, runs) in sentences {
        let meant = runs.iter().any(|run| {
            let part = |staffing| (staffing == Staffing::Hours) == new.is_staffed(at);
            run.from <= at && at < run.to && run.only.is_none_or(part)
        });
        let is_told = intervals.iter().any(|one| one.from <= at && at < one.to);
        assert_eq!(meant, is_told, "{intervals:?} at {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_second_that_differs_is_told_and_no_other(old in roster(), new in roster()) {
        check(&old, &new);
    }

    #[test]
    fn a_roster_does_not_differ_from_itself(one in roster()) {
        let roster = read(&one);
        let from: DateTime<Utc> = FROM.parse().unwrap();
        let window = Window { from, to: from + TimeDelta::days(60) };
        assert_eq!(changes(&roster, &roster, window), []);
    }
}
