//! `cargo bench --bench roster`: what the roster rule costs on this machine, each figure beside its target.
//!
//! The department is a large one: twenty liaisons, of whom five have a clinic day, eleven rotations of which some change by
//! the hour and some by the stretches of three windows, thirty overrides and sixty absences, in a zone with daylight-saving time.

#![expect(clippy::expect_used, reason = "the department is written here, and right")]

mod ward;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::domain::roster::Roster;

/// `on call at t` may take this long.
const HOLDER_TARGET: Duration = Duration::from_micros(1);

/// A year of change points, of all roles of a department, may take this long.
const YEAR_TARGET: Duration = Duration::from_millis(10);

/// A year has this many minutes; the step is coprime to it, so that asking goes through all hours and seasons.
const YEAR_MINUTES: i64 = 365 * 24 * 60;
const STEP_MINUTES: i64 = 7_919;

/// Each figure is that of the fastest of so many rounds, spread over seconds: what others do on the machine meanwhile is
/// no cost of the rule. The median stands beside it.
const ROUNDS: usize = 400;

/// So many instants are asked for in a round.
const ASKED: u32 = 1_000;

/// What rounds took.
struct Took {
    fastest: Duration,
    median: Duration,
}

fn main() -> ExitCode {
    let roster = ward::roster();
    let start = ward::start();
    let end = start + TimeDelta::minutes(YEAR_MINUTES);
    println!("{:<40} {:>12} {:>12} {:>12}", "", "target", "fastest", "median");
    let year =
        tell("a year of change points of all roles", YEAR_TARGET, &measure(1, || change_points(&roster, start, end)));
    let holders = roster.roles().iter().all(|role| {
        let took = measure(ASKED, || {
            for number in 0..i64::from(ASKED) {
                let at = start + TimeDelta::minutes(number * STEP_MINUTES % YEAR_MINUTES);
                black_box(roster.on_call(black_box(role), at, &|_| false));
            }
        });
        tell(&format!("who is {role} at an instant"), HOLDER_TARGET, &took)
    });
    if year && holders { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn change_points(roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) {
    for role in roster.roles() {
        black_box(roster.shifts(&role, from, to));
    }
}

fn measure(times: u32, mut work: impl FnMut()) -> Took {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed() / times
        })
        .collect();
    rounds.sort_unstable();
    Took { fastest: rounds[0], median: rounds[ROUNDS / 2] }
}

fn tell(what: &str, target: Duration, took: &Took) -> bool {
    let is_met = took.fastest <= target;
    let [target, fastest, median] = [target, took.fastest, took.median].map(|time| format!("{time:.2?}"));
    println!("{what:<40} {target:>12} {fastest:>12} {median:>12}{}", if is_met { "" } else { "  MISSED" });
    is_met
}
