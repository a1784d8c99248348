//! Warnings that strangers can cause: a few a minute, and then one line that counts the rest.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// This many are written as they come.
const TOLD: u64 = 5;

/// Then the others are counted until this much time has passed since the first.
const WINDOW: Duration = Duration::from_secs(60);

/// Somebody called with a link that was never given to anybody, or with a part of one.
pub static UNKNOWN_LINK: Rarely = Rarely::new("unknown link");

/// Somebody called with a link to a calendar that leads nowhere.
pub static UNKNOWN_CALENDAR: Rarely = Rarely::new("unknown calendar link");

/// Somebody called without a token that the configuration names.
pub static REJECTED_TOKEN: Rarely = Rarely::new("a token was rejected");

/// One kind of warning.
pub struct Rarely {
    words: &'static str,
    count: AtomicU64,
}

impl Rarely {
    const fn new(words: &'static str) -> Self {
        Self { words, count: AtomicU64::new(0) }
    }

    /// It happened. Needs the runtime, as the count follows later.
    pub fn warn(&'static self) {
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        if before < TOLD {
            tracing::warn!("{}", self.words);
        }
        if before == 0 {
            tokio::spawn(async {
                tokio::time::sleep(WINDOW).await;
                let more = self.count.swap(0, Ordering::Relaxed).saturating_sub(TOLD);
                if more > 0 {
                    tracing::warn!(more, "{}: again and again within a minute", self.words);
                }
            });
        }
    }
}
