//! The one rule of who is on call, held against a second reading of it over random rosters, and in named tables.
//!
//! `WARDBELL_ROSTERS` says how many rosters are drawn, `WARDBELL_SEED` from which number on: a failure names the number
//! of its roster, and `WARDBELL_SEED=… WARDBELL_ROSTERS=1` draws that one again.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod clocks;
mod compare;
mod draw;
mod draw_weeks;
mod notation;
mod paper;
mod people_tables;
mod person;
mod python;
mod reading;
mod tables;
mod turn_tables;
mod wall;

use std::io::Write as _;
use std::mem::discriminant;
use std::num::NonZero;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use chrono_tz::TZ_VARIANTS;
use wardbell::domain::local_time;
use wardbell::domain::zone::Zone;

use crate::clocks::{CHANGED_SINCE, changes_of_clocks, holidays_and_days_observed, meaning, shows, zones};
use crate::compare::Difference;
use crate::paper::Paper;

/// So many when nothing else is asked for.
const ROSTERS: u64 = 300;

fn asked(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

/// Says it even when the test passes.
fn tell(words: &str) {
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}

#[test]
fn random_rosters_are_read_alike_by_both_readings() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = asked("WARDBELL_SEED").unwrap_or_else(|| since.as_secs() % 1_000_000 * 10_000);
    let many = asked("WARDBELL_ROSTERS").unwrap_or(ROSTERS);
    tell(&format!("{many} random rosters from WARDBELL_SEED={first}\n"));
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let failures = std::thread::scope(|scope| {
        let share = |thread| (first + thread..first + many).step_by(usize::try_from(threads).unwrap());
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || share(thread).find_map(failure))).collect();
        running.into_iter().filter_map(|running| running.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What the readings say differently of the roster with this number, with the smallest roster that still shows it.
fn failure(seed: u64) -> Option<String> {
    let paper = draw::paper(seed);
    let difference = compare::disagreement(&paper, seed)?;
    let (paper, difference) = smallest(paper, difference, seed);
    let again = format!("WARDBELL_SEED={seed} WARDBELL_ROSTERS=1 draws it again");
    let (what, file) = (difference.in_words(), paper.file());
    Some(format!("{what}\n\nfrom {} to {}; {again}\n\n{}\n{}", paper.from, paper.to, file.text, file.people))
}

/// Takes pieces away for as long as the readings still disagree in the same way.
fn smallest(mut paper: Paper, mut difference: Difference, seed: u64) -> (Paper, Difference) {
    let same_way = |one: &Difference, other: &Difference| discriminant(one) == discriminant(other);
    while let Some(smaller) = paper.smaller().into_iter().find_map(|paper| {
        let found = compare::disagreement(&paper, seed)?;
        same_way(&found, &difference).then_some((paper, found))
    }) {
        (paper, difference) = smaller;
    }
    (paper, difference)
}

#[test]
fn local_times_around_each_change_of_clocks_mean_the_same_instants() {
    for (index, zone) in zones().into_iter().enumerate() {
        let ours = Zone::built_in(zone.name()).unwrap();
        let year = 2_000 + i32::try_from(index % 60).unwrap();
        for change in changes_of_clocks(zone, year).into_iter() {
            for minutes in (-180..=180).step_by(15) {
                for local in [shows(zone, change), shows(zone, change - TimeDelta::seconds(1))] {
                    let local = local + TimeDelta::minutes(minutes);
                    assert_eq!(local_time::to_instant(&ours, local), meaning(zone, local), "{zone} {local}");
                }
            }
        }
    }
}

/// The rules that are built in are newer than chrono-tz's: the zones that differ are known by name, and no others do.
#[test]
fn both_readings_have_the_same_rules_but_for_zones_that_were_changed() {
    let mut differ = Vec::new();
    for zone in TZ_VARIANTS {
        let ours = Zone::built_in(zone.name());
        let same = ours.is_some_and(|ours| {
            let mut at: DateTime<Utc> = "2004-01-01T00:00:00Z".parse().unwrap();
            let mut same = true;
            while same && at.year() < 2061 {
                let next = ours.next_change(at).filter(|next| *next < at + TimeDelta::days(30));
                at = next.unwrap_or(at + TimeDelta::days(30));
                same = [at - TimeDelta::seconds(1), at].into_iter().all(|at| ours.local(at) == shows(zone, at));
            }
            same
        });
        if !same {
            differ.push(zone.name());
        }
    }
    assert_eq!(differ, CHANGED_SINCE);
}

#[test]
fn federal_holidays_are_those_of_the_law_on_their_days_and_as_observed() {
    let federal = holidays_and_days_observed(1_969..=2_101);
    let mut day = Utc.with_ymd_and_hms(1_970, 1, 1, 0, 0, 0).unwrap().date_naive();
    while day < Utc.with_ymd_and_hms(2_101, 1, 1, 0, 0, 0).unwrap().date_naive() {
        assert_eq!(wardbell::domain::roster::holidays::is_us_federal(day), federal.contains(&day), "{day}");
        day = day.succ_opt().unwrap();
    }
}
