//! The whole daemon in simulation: a seed makes a hospital, what happens to it, and every fault; promises are checked
//! after every step.
//!
//! `WARDBELL_SIM_SEEDS=1000` runs so many seeds, `WARDBELL_SIM_SEEDS=4711..4712` the one; of a seed that fails,
//! `WARDBELL_SIM_TRACE=1000` shows so many lines.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod bundling;
mod channel_test;
mod clock;
mod disk;
mod entitlement;
mod hand_over;
mod happening;
mod hospital;
mod invariants;
mod keys;
mod last_resort;
mod ledger;
mod life;
mod mutation;
mod numbers;
mod oracle;
mod owed;
mod provider;
mod random;
mod retention;
mod silence;
mod start;
mod waiting;
mod wishes;
mod world;
mod writer;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wardbell::domain::escalation::event::Event;
use wardbell::domain::escalation::incident::Incident;
use wardbell::domain::page::PageReason;
use wardbell::journal::record::Fact;

use crate::disk::Trap;
use crate::happening::{Happening, Timetable};
use crate::invariants::{PROMISES, Promise};
use crate::keys::Protection;
use crate::ledger::Fresh;
use crate::mutation::Mutation;
use crate::world::World;

/// So many seeds run in a plain `cargo test`.
const SEEDS: u64 = 100;

/// A rule that is broken on purpose is found broken within so many seeds; without the mutation, none of these breaks one.
const MUTATED_SEEDS: u64 = 40;

const _: () = assert!(MUTATED_SEEDS <= SEEDS, "`every_promise_is_kept_whatever_happens` runs them without a mutation");

/// A simulation that takes more steps than this goes round in a circle; a storm while providers are down takes a fifth of it.
const STEPS_MAX: u64 = 500_000;

/// So many of the last lines of a failing seed's trace are shown.
const TRACE_LINES: usize = 60;

/// What one seed led to.
struct Ran {
    trace: String,
    incidents: u64,
    attempts: u64,
    tests: u64,
    /// Sealed texts that were opened, and those that were purged and looked for in vain.
    opened: u64,
    purged: u64,
    prunings: u64,
    /// How often a page went on to another number of its reader.
    went_on: u64,
    starts: u64,
    steps: u64,
    /// The promise that was broken, and how: the first step that breaks one is the last.
    broken: Option<(&'static str, String)>,
}

fn run(seed: u64, mutation: Option<Mutation>, promises: &[Promise]) -> Ran {
    live(seed, mutation, promises, Protection::BySeed)
}

fn live(seed: u64, mutation: Option<Mutation>, promises: &[Promise], protection: Protection) -> Ran {
    let mut world = World::new(seed, mutation, protection);
    let mut broken = None;
    while broken.is_none() && !world.is_over() {
        world.step();
        broken = promises.iter().find_map(|(name, holds)| Some((*name, holds(&world.ledger).err()?)));
        if world.steps > STEPS_MAX {
            broken = Some(("the_loop_rests", format!("more than {STEPS_MAX} steps")));
        }
    }
    if broken.is_none() && mutation.is_none() {
        broken = world.end().err().map(|why| ("the_store_is_what_the_record_says", why));
    }
    Ran {
        incidents: world.ledger.incidents.len() as u64,
        attempts: world.attempts,
        tests: world.ledger.tests.made,
        opened: world.ledger.words_found.opened,
        purged: world.ledger.words_found.purged,
        prunings: world.prunings,
        went_on: world.ledger.numbers.went_on,
        starts: world.ledger.epoch.into(),
        steps: world.steps,
        trace: world.trace,
        broken,
    }
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
    let lived: [AtomicU64; 9] = Default::default();
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
                        match catch_unwind(AssertUnwindSafe(|| run(seed, None, PROMISES))) {
                            Ok(ran) => {
                                let Ran {
                                    incidents,
                                    attempts,
                                    tests,
                                    opened,
                                    purged,
                                    prunings,
                                    starts,
                                    steps,
                                    went_on,
                                    ..
                                } = ran;
                                let one =
                                    [incidents, attempts, tests, starts, steps, opened, purged, prunings, went_on];
                                for (sum, one) in lived.iter().zip(one) {
                                    sum.fetch_add(one, Ordering::Relaxed);
                                }
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
    let [incidents, attempts, tests, starts, steps, opened, purged, prunings, went_on] =
        lived.map(AtomicU64::into_inner);
    println!("{incidents} incidents, {attempts} attempts ({tests} of them tests), {starts} starts, {steps} steps");
    println!(
        "{opened} texts opened, {purged} purged ones shut, {prunings} prunings, {went_on} pages at further numbers"
    );
    let mut failures = failures;
    failures.sort_by_key(|(seed, ..)| *seed);
    for (seed, name, why, _) in failures.iter().take(20) {
        println!("WARDBELL_SIM_SEEDS={seed}..{} cargo test --test sim -- every_promise   # {name}: {why}", seed + 1);
    }
    if let Some((seed, name, why, trace)) = failures.first() {
        let lines: Vec<&str> = trace.lines().collect();
        let shown = std::env::var("WARDBELL_SIM_TRACE").map_or(TRACE_LINES, |shown| shown.parse().unwrap());
        let last = lines[lines.len().saturating_sub(shown)..].join("\n");
        panic!(
            "seed {seed} breaks {name}: {why}\n{last}\nWARDBELL_SIM_SEEDS={seed}..{} cargo test --test sim -- every_promise",
            seed + 1
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let mut steps = 0;
    for seed in [3, 14, 15, 159] {
        let (one, other) = (run(seed, None, PROMISES), run(seed, None, PROMISES));
        assert!(one.trace == other.trace, "seed {seed} differs from itself");
        steps += one.steps;
    }
    assert!(steps > 400, "{steps} steps are too few to tell");
}

#[test]
fn a_storm_that_is_closed_and_pruned_while_it_is_sent_leaves_nothing_behind() {
    let (mut waiting, mut prunings) = (0, 0);
    for seed in 0..8 {
        let mut world = World::new(seed, None, Protection::BySeed);
        world.timetable = Timetable::default();
        for step in 0..400 {
            if step < 10 {
                (0..3).for_each(|_| world.happen(Happening::Incident));
            }
            // All is closed at first, and then old; messages are on their way still, and other pages wait for theirs.
            if step == 10 || step == 11 {
                world.prune(-1, None);
            }
            world.step();
            waiting = waiting.max(world.ledger.held.map_or(0, |held| held.waiting));
            for (name, holds) in PROMISES {
                holds(&world.ledger).unwrap_or_else(|why| panic!("seed {seed} breaks {name}: {why}"));
            }
            if world.is_over() {
                break;
            }
        }
        prunings += world.prunings;
    }
    assert!(waiting > 5 && prunings > 4, "{waiting} pages waited, {prunings} prunings");
}

#[test]
fn however_slowly_requests_are_decided_no_step_is_late() {
    let mut fired = 0;
    for seed in 0..12 {
        let mut world = World::new(seed, None, Protection::Off);
        world.timetable = Timetable::default();
        world.happen(Happening::Incident);
        (0..4).for_each(|_| world.step());
        let Some(pause) = world.daemon.as_ref().and_then(|daemon| daemon.engine.pause()) else { continue };
        world.pass(u64::try_from(pause.as_millis()).unwrap().saturating_sub(20));
        // All together, they take four seconds.
        world.draws_take_ms.store(10, Ordering::Relaxed);
        (0..200).for_each(|_| world.happen(Happening::Incident));
        let asked_at = world.ledger.now;
        for _ in 0..200 {
            world.step();
            let is_first = |fresh: &&Fresh| matches!(&fresh.record.entry.fact, Fact::Incident(_, Event::StepFired(one)) if one.reason != PageReason::Opened);
            fired += world.ledger.fresh.iter().filter(is_first).count();
            for (name, holds) in PROMISES.iter().filter(|(name, _)| *name == "no_step_is_late") {
                holds(&world.ledger).unwrap_or_else(|why| panic!("seed {seed} breaks {name}: {why}"));
            }
            if world.ledger.now > asked_at + 5_000 {
                break;
            }
        }
    }
    assert!(fired > 4, "{fired} steps came meanwhile");
}

#[test]
fn a_failed_test_is_told_of_wherever_its_batch_is_torn() {
    for torn_after in 0..6 {
        let mut told = 0;
        for seed in 0..24 {
            let mut world = World::new(seed, None, Protection::BySeed);
            world.timetable = Timetable::default();
            world.ledger.channels_up.values_mut().for_each(|up| *up = false);
            let channels = world.ledger.hospital.daily_test.as_ref().map_or(0, |daily| daily.to.len() as u64);
            if channels == 0 {
                continue;
            }
            for _ in 0..200 {
                // The last try of the day is on its way.
                if world.ledger.tests.made == 3 * channels && world.ledger.epoch == 1 {
                    world.disk.set_trap(Some(Trap::InWrite(torn_after)));
                }
                world.step();
                for (name, holds) in PROMISES {
                    holds(&world.ledger).unwrap_or_else(|why| panic!("seed {seed} breaks {name}: {why}"));
                }
            }
            if world.ledger.epoch > 1 {
                let key = |one: &Incident| one.dedup_key.as_ref().is_some_and(|key| key.starts_with("channel:"));
                assert!(world.ledger.incidents.values().any(key), "seed {seed}, {torn_after}: nobody was told");
                told += 1;
            }
        }
        assert!(told > 2, "{told} tests failed and were torn after {torn_after} lines");
    }
}

/// What arrives at the providers, and when.
fn arrivals(seed: u64, mutation: Option<Mutation>, protection: Protection) -> String {
    let trace = live(seed, mutation, &[], protection).trace;
    trace.lines().filter(|line| line.contains(" arrives ")).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn neither_encryption_nor_a_lost_master_key_changes_what_is_paged() {
    let plain: Vec<String> = (0..12).map(|seed| arrivals(seed, None, Protection::Off)).collect();
    for (plain, seed) in plain.iter().zip(0..) {
        assert!(*plain == arrivals(seed, None, Protection::KeyLost), "seed {seed} pages otherwise");
    }
    let pages: usize = plain.iter().map(|plain| plain.lines().count()).sum();
    assert!(pages > 200, "{pages} are too few to tell");
    let mut waiting = (0..).map(|seed| arrivals(seed, Some(Mutation::WaitForKey), Protection::KeyLost));
    assert!(
        plain.iter().any(|plain| Some(plain) != waiting.next().as_ref()),
        "a page that waits for a lost key is not noticed"
    );
}

/// Breaks a rule on purpose, and finds that its promise says so within a few seeds.
#[track_caller]
fn is_caught(mutation: Mutation, by: &str) {
    let promise = PROMISES.iter().copied().find(|(name, _)| *name == by).unwrap();
    let mut broken = (0..MUTATED_SEEDS).filter_map(|seed| run(seed, Some(mutation), &[promise]).broken);
    let (_, why) = broken.next().unwrap_or_else(|| panic!("{by} lets {mutation:?} pass"));
    println!("{mutation:?}: {why}");
}

/// A test for each mutation.
macro_rules! caught {
    ($($name:ident: $mutation:ident by $promise:ident;)*) => {
        $(#[test]
        fn $name() {
            is_caught(Mutation::$mutation, stringify!($promise));
        })*

        #[test]
        fn every_promise_can_be_broken() {
            let broken = [$(stringify!($promise)),*];
            let never: Vec<&str> = PROMISES.iter().map(|(name, _)| *name).filter(|name| !broken.contains(name)).collect();
            assert_eq!(never, [""; 0], "no mutation breaks these");
        }
    };
}

caught! {
    a_page_that_never_arrives_is_caught: LoseAttempts by every_accepted_incident_leads_to_a_page;
    a_reopened_incident_that_pages_nobody_is_caught: LoseReopened by every_accepted_incident_leads_to_a_page;
    a_track_that_rests_is_caught: RestForHours by a_track_climbs_until_acknowledged;
    a_step_before_its_time_is_caught: FireEarly by no_step_is_early;
    a_loop_that_oversleeps_is_caught: Oversleep by no_step_is_late;
    a_restart_that_loses_time_is_caught: LoseTimeAtStart by a_restart_makes_no_wait_longer;
    somebody_who_is_not_on_call_is_caught: SwapRotation by only_the_entitled_are_paged;
    a_page_after_the_answer_is_caught: SendAfterAnswer by nothing_is_sent_after_an_acknowledgement;
    a_task_that_nobody_is_told_of_is_caught: ForgetOwed by what_is_owed_stays_owed;
    a_forged_acknowledgement_is_caught: ForgeAcknowledgement by nobody_acknowledges_without_a_press;
    a_disk_that_loses_what_was_flushed_is_caught: LoseFlushed by accepted_means_durable;
    an_acceptance_without_a_record_is_caught: AnswerUnrecorded by accepted_means_durable;
    a_second_attempt_without_a_crash_is_caught: SendTwice by a_page_comes_twice_only_after_a_crash;
    a_page_that_goes_astray_is_caught: Misdirect by a_page_goes_where_its_record_says;
    a_number_that_is_passed_over_is_caught: SkipSecondNumbers by what_a_number_refuses_goes_to_the_persons_next_one;
    a_burst_is_caught: Burst by nobody_meets_a_burst;
    a_rise_that_is_none_is_caught: RiseWithoutCause by repeats_page_nobody_unless_the_severity_rose;
    a_graver_repeat_that_is_swallowed_is_caught: SwallowClass by what_is_accepted_is_answered_as_gravely_as_its_class_asks;
    a_page_to_somebody_involved_is_caught: InvolveThePaged by the_involved_are_never_paged;
    somebody_involved_who_takes_it_is_caught: InvolveThePaged by the_involved_take_nothing;
    nobody_paged_where_all_are_involved_is_caught: PageNobody by somebody_is_paged_also_where_all_are_involved;
    an_answer_of_somebody_who_has_left_is_caught: AnswerAsAStranger by who_has_left_takes_nothing;
    a_taking_over_that_nobody_asked_for_is_caught: TakeUnasked by an_acknowledged_track_stays_with_its_holder;
    a_reminder_after_one_that_reached_nobody_is_caught: ForgetReminders by whoever_cannot_be_reached_keeps_nothing;
    messages_that_come_too_soon_are_caught: BundleNothing by nobody_gets_more_than_one_message_in_the_bundling_time;
    a_page_that_waits_too_long_is_caught: BundleTooLong by every_page_is_in_a_message_within_its_bundling_time;
    a_page_with_the_posts_words_is_caught: LeakPayload by no_page_carries_what_a_source_sent;
    a_changed_record_is_caught: BendRecord by the_chain_verifies;
    time_that_goes_back_is_caught: TurnTimeBack by logical_time_never_goes_back;
    secrets_that_are_kept_for_ever_are_caught: Hoard by memory_and_queues_are_bounded;
    a_silence_that_nobody_hears_of_is_caught: HushSilence by a_silent_source_is_told_of;
    a_silence_that_is_told_twice_is_caught: TellSilenceTwice by a_silence_is_told_of_once;
    a_test_that_comes_twice_is_caught: TestAgain by a_channel_is_tested_once_a_day;
    a_test_that_never_comes_is_caught: LoseTests by every_channel_is_tested_daily;
    a_test_that_looks_like_a_page_is_caught: LeakLink by a_test_is_no_page;
    a_page_behind_a_test_is_caught: WaitForTests by a_test_delays_no_page;
    a_failed_test_that_nobody_hears_of_is_caught: HushTest by a_failed_test_is_told_of;
    plain_words_in_the_record_are_caught: RecordPlainly by what_is_protected_is_sealed;
    data_keys_that_are_lost_are_caught: LoseDataKeys by what_is_sealed_opens_again;
    a_key_that_comes_back_is_caught: KeepPurgedKeys by what_was_purged_is_readable_nowhere;
    a_purge_that_is_not_completed_is_caught: ForgetPurges by what_was_purged_is_readable_nowhere;
    a_purge_of_what_is_open_is_caught: PurgeOpen by only_what_is_closed_is_purged_and_once;
    a_record_that_is_pruned_too_far_is_caught: PruneTooMuch by no_open_incident_loses_its_record;
    a_caller_who_gave_up_and_is_obeyed_is_caught: ObeyWhoGaveUp by whoever_is_answered_no_is_never_obeyed_later;
    a_disk_that_denies_what_it_left_is_caught: DenyLeftovers by whoever_is_answered_no_is_never_obeyed_later;
    a_start_that_trusts_its_files_alone_is_caught: TrustFilesAlone by a_daemon_with_a_record_always_pages;
    a_state_that_the_record_does_not_give_is_caught: MissARepeat by answers_and_replays_agree;
}
