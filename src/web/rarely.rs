//! Rate-limited warnings for events that strangers can cause: a few a minute, then one line with a count; or that line
//! alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many are logged immediately.
const TOLD: u64 = 5;

/// The rest are counted for this long after the first.
const WINDOW: Duration = Duration::from_secs(60);

pub struct Rarely {
    words: &'static str,
    /// How many are logged immediately.
    told: u64,
    count: Arc<AtomicU64>,
}

impl Rarely {
    /// A warning with this text.
    pub fn new(words: &'static str) -> Self {
        Self { words, told: TOLD, count: Arc::default() }
    }

    /// A warning that is logged once a minute at most, with a count.
    pub fn counted(words: &'static str) -> Self {
        Self { words, told: 0, count: Arc::default() }
    }

    /// Logs or counts one occurrence. Needs the runtime because the count follows later.
    pub fn warn(&self) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before < self.told {
            tracing::warn!("{}", self.words);
        }
        if before == 0 {
            let (words, told, count) = (self.words, self.told, Arc::clone(&self.count));
            tokio::spawn(async move {
                tokio::time::sleep(WINDOW).await;
                if let Some(line) = sum(words, told, count.swap(0, Ordering::Relaxed)) {
                    tracing::warn!("{line}");
                }
            });
        }
    }
}

/// What is logged at the end of the minute: those that were not logged immediately.
fn sum(words: &str, told: u64, count: u64) -> Option<String> {
    let more = count.saturating_sub(told);
    match (more, told) {
        (0, _) => None,
        (1, 0) => Some(format!("{words}: once within a minute")),
        (more, 0) => Some(format!("{words}: {more} times within a minute")),
        (more, _) => Some(format!("{words}: {more} more times within a minute")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_logged_immediately_is_in_the_line_at_the_end_of_the_minute() {
        for (told, count, line) in [
            (TOLD, 5, None),
            (TOLD, 100, Some("x: 95 more times within a minute")),
            (0, 1, Some("x: once within a minute")),
            (0, 100, Some("x: 100 times within a minute")),
        ] {
            assert_eq!(sum("x", told, count).as_deref(), line, "{told} of {count}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_counted_warning_begins_its_next_minute_after_its_line() {
        let counted = Rarely::counted("x");
        (0..3).for_each(|_| counted.warn());
        assert_eq!(counted.count.load(Ordering::Relaxed), 3);
        tokio::time::sleep(WINDOW + Duration::from_millis(1)).await;
        assert_eq!(counted.count.load(Ordering::Relaxed), 0, "the line was written");
    }
}
