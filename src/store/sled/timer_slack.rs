//! Lets sled's threads sleep while there is nothing to do.
//!
//! sled keeps seven threads for its writes; for as long as the process lives, each asks once a second whether there is
//! work, although it is woken when there is. That cannot be set. But a new thread inherits its maker's timer slack
//! (`prctl(2)`, `PR_SET_TIMERSLACK`): so they are made by a thread whose timers may be late.

/// How late a timer may be: ten minutes, as sled's search for space to give back waits for one too.
#[cfg(target_os = "linux")]
const SLACK_NS: u64 = 600 * 1_000_000_000;

/// Runs what may start threads of sled's, so that their timers wake nobody.
#[cfg(target_os = "linux")]
pub fn with_timer_slack<T>(act: impl FnOnce() -> T) -> T {
    use std::num::NonZeroU64;

    use rustix::thread::{current_timer_slack, set_current_timer_slack};

    struct Restore(Option<NonZeroU64>);

    impl Drop for Restore {
        fn drop(&mut self) {
            // Where it cannot be set, it was not set before either.
            let _same = set_current_timer_slack(self.0);
        }
    }

    let _restore = Restore(current_timer_slack().ok().and_then(NonZeroU64::new));
    let _awake_at_worst = set_current_timer_slack(NonZeroU64::new(SLACK_NS));
    act()
}

/// Runs what may start threads of sled's.
#[cfg(not(target_os = "linux"))]
pub fn with_timer_slack<T>(act: impl FnOnce() -> T) -> T {
    act()
}
