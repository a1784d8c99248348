//! A story that failed is told once more, alone. Proved by made-up stories, which this binary tells in place of its own
//! where `WARDBELL_MADE_UP_STORIES` is set.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::daemon::run;
use crate::telling::{Listed, SECOND_TRY};

pub const MADE_UP: &str = "WARDBELL_MADE_UP_STORIES";

pub fn made_up() -> Vec<Listed> {
    stories![made_up::fails_once, made_up::fails_always, made_up::passes]
}

pub async fn a_story_that_failed_is_told_once_more_alone_and_one_that_fails_twice_fails_the_run() {
    let (code, told) = tell(&["--test-threads=3"]).await;
    assert_eq!(code, Some(101), "{told}");
    assert_eq!(second_tries(&told), ["made_up::fails_once"], "{told}");
    assert!(told.ends_with(&format!("\n{SECOND_TRY}made_up::fails_once\n")), "at the end: {told}");
    assert!(told.contains("fails_once, try 1: made up to fail"), "the first failure is kept: {told}");
    let tries = |name: &str| told.matches(&format!("told: {name}\n")).count();
    assert_eq!((tries("fails_once"), tries("fails_always"), tries("passes")), (2, 2, 1), "{told}");

    for chosen in [
        &["--exact", "made_up::fails_once"][..],
        &["fails", "--skip", "always"],
        &["--skip", "fails_always", "--test-threads", "1", "--nocapture"],
    ] {
        let (code, told) = tell(chosen).await;
        assert_eq!((code, second_tries(&told)), (Some(0), vec!["made_up::fails_once"]), "{chosen:?}: {told}");
    }
    let (code, told) = tell(&["--exact", "made_up::passes"]).await;
    assert_eq!((code, second_tries(&told).len()), (Some(0), 0), "{told}");
    let (code, told) = tell(&["--list"]).await;
    assert_eq!((code, told.matches(": test\n").count(), told.matches("told: ").count()), (Some(0), 3, 0), "{told}");
}

/// Tells the made-up stories: the exit code, and all that was printed.
async fn tell(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).env(MADE_UP, "1").stdin(Stdio::null());
    let output = run(command).await;
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

fn second_tries(told: &str) -> Vec<&str> {
    told.lines().filter_map(|line| line.strip_prefix(SECOND_TRY)).collect()
}

/// The stories that are made up.
mod made_up {
    use super::{AtomicU32, Duration, Ordering};

    static AT_ONCE: AtomicU32 = AtomicU32::new(0);

    pub async fn fails_once() {
        static TRIES: AtomicU32 = AtomicU32::new(0);
        let (tries, others) = live(&TRIES, "fails_once", 100).await;
        assert!(tries > 1, "fails_once, try {tries}: made up to fail");
        assert_eq!(others, 0, "fails_once, try {tries}: it is not told alone");
    }

    pub async fn fails_always() {
        static TRIES: AtomicU32 = AtomicU32::new(0);
        let (tries, _) = live(&TRIES, "fails_always", 300).await;
        panic!("fails_always, try {tries}: made up to fail");
    }

    pub async fn passes() {
        static TRIES: AtomicU32 = AtomicU32::new(0);
        live(&TRIES, "passes", 100).await;
    }

    /// How often it was told with this time, and how many others were told at the same time.
    async fn live(tries: &AtomicU32, name: &str, millis: u64) -> (u32, u32) {
        println!("told: {name}");
        let before = AT_ONCE.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let after = AT_ONCE.fetch_sub(1, Ordering::SeqCst) - 1;
        (tries.fetch_add(1, Ordering::SeqCst) + 1, before.max(after))
    }
}
