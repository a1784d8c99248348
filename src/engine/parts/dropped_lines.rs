//! Log lines that were dropped because earlier lines were not read in time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::count::count as counted;

/// How long readiness warns after the last dropped line.
const RECENT: Duration = Duration::from_secs(600);

/// The log is global to the process, so the count is, too.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// When the last one was dropped, in milliseconds of the monotonic clock.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A line was dropped at this time of the monotonic clock.
pub fn note(steady: Duration) {
    LAST.store(millis(steady), Ordering::Relaxed);
    COUNT.fetch_add(1, Ordering::Release);
}

/// How many were dropped since the start.
pub fn count() -> u64 {
    COUNT.load(Ordering::Acquire)
}

/// The readiness report at this time of the monotonic clock.
pub fn warning(steady: Duration) -> Option<String> {
    let dropped = count();
    let recent = millis(steady).saturating_sub(LAST.load(Ordering::Relaxed)) < millis(RECENT);
    (dropped > 0 && recent).then(|| {
        format!(
            "the log is not read fast enough, {} dropped since startup: check what reads standard error or journald",
            counted(dropped, "line")
        )
    })
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
