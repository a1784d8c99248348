//! Lets sled's threads sleep while there is nothing to do.
//!
//! sled has seven writer threads that poll for work once a second as long as the process lives, although they are woken
//! when there is work. This cannot be configured. But a new thread inherits its creator's timer slack (`prctl(2)`,
//! `PR_SET_TIMERSLACK`), so they are created by a thread whose timers may be late.

/// How late a timer may be: ten minutes. sled's search for space to free also waits for a timer.
#[cfg(target_os = "linux")]
const SLACK_NS: u64 = 600 * 1_000_000_000;

/// Runs code that may start sled threads, so that their timers do not wake the CPU.
#[cfg(target_os = "linux")]
pub fn with_timer_slack<T>(act: impl FnOnce() -> T) -> T {
    use std::num::NonZeroU64;

    use rustix::thread::{current_timer_slack, set_current_timer_slack};

    struct Restore(Option<NonZeroU64>);

    impl Drop for Restore {
        fn drop(&mut self) {
            // If it cannot be set, it was not set before either.
            let _same = set_current_timer_slack(self.0);
        }
    }

    let _restore = Restore(current_timer_slack().ok().and_then(NonZeroU64::new));
    let _awake_at_worst = set_current_timer_slack(NonZeroU64::new(SLACK_NS));
    act()
}

/// Runs code that may start sled threads.
#[cfg(not(target_os = "linux"))]
pub fn with_timer_slack<T>(act: impl FnOnce() -> T) -> T {
    act()
}
