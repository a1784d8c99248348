//! The whole daemon in simulation: a seed makes a hospital, what happens to it, and every fault; promises are checked
//! after every step.
//!
//! `WARDBELL_SIM_SEEDS=1000` runs so many seeds, `WARDBELL_SIM_SEEDS=4711..4712` the one; of a seed that fails,
//! `WARDBELL_SIM_TRACE=1000` shows so many lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod clock;
mod disk;
mod entitlement;
mod happening;
mod hospital;
mod invariants;
mod ledger;
mod life;
mod mutation;
mod oracle;
mod provider;
mod random;
mod waiting;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::invariants::PROMISES;
use crate::mutation::Mutation;
use crate::world::World;

/// So many seeds run in a plain `cargo test`.
const SEEDS: u64 = 300;

/// A simulation that takes more steps than this goes round in a circle.
const STEPS_MAX: u64 = 60_000;

/// So many of the last lines of a failing seed's trace are shown.
const TRACE_LINES: usize = 60;

/// What one seed led to.
struct Ran {
    trace: String,
    incidents: usize,
    steps: u64,
    /// The promise that was broken, and how.
    broken: Option<(&'static str, String)>,
}

fn run(seed: u64, mutation: Option<Mutation>) -> Ran {
    let mut world = World::new(seed, mutation);
    let mut broken = None;
    while broken.is_none() && !world.is_over() {
        world.step();
        broken = PROMISES.iter().find_map(|(name, holds)| Some((*name, holds(&world.ledger).err()?)));
        if world.steps > STEPS_MAX {
            broken = Some(("the_loop_rests", format!("more than {STEPS_MAX} steps")));
        }
    }
    if broken.is_none() {
        broken = world.end().err().map(|why| ("the_store_is_what_the_record_says", why));
    }
    Ran { incidents: world.ledger.incidents.len(), steps: world.steps, trace: world.trace, broken }
}

fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("WARDBELL_SIM_SEEDS").unwrap_or_default();
    match asked.split_once("..") {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None if asked.is_empty() => 0..SEEDS,
        None => 0..asked.parse().unwrap(),
    }
}

#[test]
fn every_promise_is_kept_whatever_happens() {
    let seeds = seeds();
    let next = AtomicU64::new(seeds.start);
    let (incidents, steps) = (AtomicUsize::new(0), AtomicU64::new(0));
    let failures = thread::scope(|scope| {
        let workers: Vec<_> = (0..thread::available_parallelism().map_or(1, usize::from))
            .map(|_| {
                scope.spawn(|| {
                    let mut failures = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= seeds.end {
                            return failures;
                        }
                        match catch_unwind(AssertUnwindSafe(|| run(seed, None))) {
                            Ok(ran) => {
                                incidents.fetch_add(ran.incidents, Ordering::Relaxed);
                                steps.fetch_add(ran.steps, Ordering::Relaxed);
                                failures.extend(ran.broken.map(|(name, why)| (seed, name, why, ran.trace)));
                            }
                            Err(_) => failures.push((seed, "it_panicked", "see above".into(), String::new())),
                        }
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    println!("{} incidents, {} steps", incidents.into_inner(), steps.into_inner());
    let mut failures = failures;
    failures.sort_by_key(|(seed, ..)| *seed);
    for (seed, name, why, _) in failures.iter().take(20) {
        println!("WARDBELL_SIM_SEEDS={seed}..{} cargo test --test sim -- every_promise   # {name}: {why}", seed + 1);
    }
    if let Some((seed, name, why, trace)) = failures.first() {
        let lines: Vec<&str> = trace.lines().collect();
        let shown = std::env::var("WARDBELL_SIM_TRACE").map_or(TRACE_LINES, |shown| shown.parse().unwrap());
        let last = lines[lines.len().saturating_sub(shown)..].join("\n");
        panic!("seed {seed} breaks {name}: {why}\n{last}");
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [3, 14, 159, 2_653] {
        let (one, other) = (run(seed, None), run(seed, None));
        assert!(one.trace == other.trace, "seed {seed} differs from itself");
        assert!(one.steps > 20, "seed {seed} does something");
    }
}

/// The first of the seeds that catches a mutation.
#[track_caller]
fn is_caught(mutation: Mutation, by: &str) {
    let caught = (0..60).find_map(|seed| run(seed, Some(mutation)).broken);
    let (name, why) = caught.unwrap_or_else(|| panic!("{mutation:?} passes"));
    assert_eq!(name, by, "{why}");
}

#[test]
fn a_forged_acknowledgement_is_caught() {
    is_caught(Mutation::ForgeAcknowledgement, "nobody_acknowledges_without_a_press");
}

#[test]
fn a_disk_that_loses_what_was_flushed_is_caught() {
    is_caught(Mutation::LoseFlushed, "accepted_means_durable");
}

#[test]
fn a_page_with_the_posts_words_is_caught() {
    is_caught(Mutation::LeakPayload, "no_page_carries_what_a_source_sent");
}

#[test]
fn a_changed_record_is_caught() {
    is_caught(Mutation::BendRecord, "the_chain_verifies");
}

#[test]
fn time_that_goes_back_is_caught() {
    is_caught(Mutation::TurnTimeBack, "logical_time_never_goes_back");
}

#[test]
fn a_second_attempt_without_a_crash_is_caught() {
    is_caught(Mutation::SendTwice, "a_page_comes_twice_only_after_a_crash");
}
