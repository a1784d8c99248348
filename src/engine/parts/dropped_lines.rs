//! Log lines that were dropped because nobody read the lines before them in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::count::count as counted;

/// For this long after the last dropped line readiness warns.
const RECENT: Duration = Duration::from_secs(600);

/// One log for the whole process, and so one count.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// When the last one was dropped, in milliseconds of the steady clock.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A line was dropped at this time of the steady clock.
pub fn note(steady: Duration) {
    LAST.store(millis(steady), Ordering::Relaxed);
    COUNT.fetch_add(1, Ordering::Release);
}

/// How many were dropped since the start.
pub fn count() -> u64 {
    COUNT.load(Ordering::Acquire)
}

/// What readiness says about it at this time of the steady clock.
pub fn warning(steady: Duration) -> Option<String> {
    let dropped = count();
    let recent = millis(steady).saturating_sub(LAST.load(Ordering::Relaxed)) < millis(RECENT);
    (dropped > 0 && recent).then(|| {
        format!(
            "the log is not read fast enough, {} dropped since the start: look at what reads standard error or the journal",
            counted(dropped, "line")
        )
    })
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
