//! Rate-limited warnings for events that strangers can cause: a few a minute, then one line with a count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How many are logged immediately.
const TOLD: u64 = 5;

/// The rest are counted for this long after the first.
const WINDOW: Duration = Duration::from_secs(60);

pub struct Rarely {
    words: &'static str,
    count: Arc<AtomicU64>,
}

impl Rarely {
    /// A warning with this text.
    pub fn new(words: &'static str) -> Self {
        Self { words, count: Arc::default() }
    }

    /// Logs or counts one occurrence. Needs the runtime because the count follows later.
    pub fn warn(&self) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before < TOLD {
            tracing::warn!("{}", self.words);
        }
        if before == 0 {
            let (words, count) = (self.words, Arc::clone(&self.count));
            tokio::spawn(async move {
                tokio::time::sleep(WINDOW).await;
                let more = count.swap(0, Ordering::Relaxed).saturating_sub(TOLD);
                if more > 0 {
                    tracing::warn!("{words}: {more} more times within a minute");
                }
            });
        }
    }
}
