//! The real thing under fire, again and again, under load: killed, told to end, started twice, cut off from power and
//! damaged, under a clock that jumps, and with callers and providers that do their worst.
//!
//! A few stories run at once: each waits for most of its time, but keeps the machine busy for the rest. The cases of a story
//! run at once where they only wait. A story that failed is repeated once at the end, alone and with the same seed. Chance is
//! drawn from a seed that is printed; `WARDBELL_FIRE_SEED` repeats a story with that seed (what the machine does in between
//! is still chance), and `WARDBELL_FIRE_ROUNDS` sets how often each story does its worst.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[macro_use]
#[path = "../black_box/telling.rs"]
mod telling;

#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/clock.rs"]
mod clock;
#[path = "../black_box/daemon.rs"]
mod daemon;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/hospital.rs"]
mod hospital;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/judge.rs"]
mod judge;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/mounts.rs"]
mod mounts;
#[path = "../black_box/pace.rs"]
mod pace;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/plan.rs"]
mod plan;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/story.rs"]
mod story;
#[allow(dead_code, unused_imports, reason = "each of the programs that include it uses a part of it")]
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "the rest of it is used by the black box")]
#[path = "../black_box/tools.rs"]
mod tools;

mod dice;
mod load;
mod verdict;

mod damage;
mod disks;
mod endings;
mod flood;
mod jumps;
mod kills;
mod mail;
mod power;
mod texts;
mod twins;

use std::time::Duration;

use libtest_mimic::Arguments;
use tokio::sync::Barrier;

/// How many stories run at once. Measured one after another, they compute for a third of their time, on one core.
const AT_ONCE: usize = 3;

/// For one life: as much as the main thread has.
const STACK_BYTES: usize = 8 << 20;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let stories = stories![
        kills::killed_again_and_again_under_load_nothing_answered_is_lost,
        endings::told_to_end_again_and_again_under_load_nothing_is_lost_and_nothing_comes_twice,
        twins::started_twice_under_load_one_alone_serves_and_nothing_is_lost,
        power::cut_off_from_power_under_load_everything_answered_is_there,
        jumps::while_the_clock_jumps_under_load_every_wait_keeps_its_length_and_nothing_is_lost,
        flood::a_thousand_slow_connections_and_floods_delay_no_page_and_are_cut,
        flood::where_few_files_may_be_open_connections_leave_enough_for_pages,
        disks::full_again_and_again_under_load_nothing_answered_is_lost,
        disks::turned_read_only_under_load_everything_answered_is_there_once_it_is_mended,
        damage::an_old_segment_is_mended_while_it_runs_and_told_where_it_cannot_be,
        mail::a_mail_server_that_fails_at_any_moment_of_a_conversation_delays_no_text_and_gets_its_mail_at_last,
        texts::a_gateway_that_answers_nonsense_slowly_or_without_end_costs_no_page_and_harms_no_other,
        damage::damaged_anywhere_it_serves_all_that_was_answered_or_says_what_is_wrong,
    ];
    telling::tell_all(&arguments, &stories);
}

/// Lives through several cases of a story at the same time, for they mostly wait; tells which of them fail.
fn all_at_once<Case, Life>(cases: &[Case], life: impl Fn(Case) -> Life + Sync)
where
    Case: std::fmt::Debug + Copy + Send,
    Life: Future<Output = ()>,
{
    let life = &life;
    let failed: Vec<&Case> = std::thread::scope(|scope| {
        let start = |case: Case| {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, move || telling::tell(life(case))).unwrap()
        };
        let lives: Vec<_> = cases.iter().map(|case| start(*case)).collect();
        let ends = lives.into_iter().map(std::thread::ScopedJoinHandle::join);
        cases.iter().zip(ends).filter(|(_, end)| end.is_err()).map(|(case, _)| case).collect()
    });
    assert!(failed.is_empty(), "failed: {failed:?}, as told above");
}

/// Waits until the others have started their daemons too, which keeps the machine busy.
async fn all_there(started: &Barrier) {
    let others = pace::within(Duration::from_secs(30), started.wait()).await;
    assert!(others.is_ok(), "the others have not started");
}

/// How often a story does its worst.
fn rounds(usual: usize) -> usize {
    std::env::var("WARDBELL_FIRE_ROUNDS").map_or(usual, |rounds| rounds.parse().expect("a number of rounds"))
}
