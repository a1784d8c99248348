//! Warnings that strangers can cause: a few a minute, and then one line that counts the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// This many are written as they come.
const TOLD: u64 = 5;

/// Then the others are counted until this much time has passed since the first.
const WINDOW: Duration = Duration::from_secs(60);

/// One kind of warning.
pub struct Rarely {
    words: &'static str,
    count: Arc<AtomicU64>,
}

impl Rarely {
    /// A warning of these words, which has not come yet.
    pub fn new(words: &'static str) -> Self {
        Self { words, count: Arc::default() }
    }

    /// It happened. Needs the runtime, as the count follows later.
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
