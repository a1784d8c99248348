//! Asks the engine for its health, once for all concurrent callers.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::engine::protocol::health::Health;

/// An engine that takes longer does not page in time.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// The last answer, shared by concurrent callers.
#[derive(Default)]
pub struct LoopProbe {
    last: Mutex<Option<Health>>,
    /// How many probes have finished.
    answers: AtomicU64,
}

impl LoopProbe {
    /// The engine's health; `None` if it does not respond in time. `ask` is not called if another caller's answer
    /// arrived while this one waited, so the engine gets one question at a time.
    pub async fn ask<E>(&self, ask: impl Future<Output = Result<Health, E>>) -> Option<Health> {
        let before = self.answers.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        if self.answers.load(Ordering::Acquire) == before {
            *last = timeout(ANSWERS_WITHIN, ask).await.ok().and_then(Result::ok);
            self.answers.fetch_add(1, Ordering::Release);
        }
        last.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use tokio::task::JoinSet;
    use tokio::time::Instant;

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_share_one_question() {
        let (probe, asked) = (Arc::new(LoopProbe::default()), Arc::new(AtomicU64::new(0)));
        let mut askers = JoinSet::new();
        for _ in 0..1_000 {
            let (probe, asked) = (Arc::clone(&probe), Arc::clone(&asked));
            askers.spawn(async move {
                let answer = async {
                    asked.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    Ok::<_, ()>(Health::default())
                };
                probe.ask(answer).await
            });
        }
        assert!(askers.join_all().await.iter().all(Option::is_some));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        assert!(probe.ask(async { Err(()) }).await.is_none(), "the next question has an answer of its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_answer_is_reported_in_time_to_all() {
        let probe = Arc::new(LoopProbe::default());
        let started = Instant::now();
        let mut askers = JoinSet::new();
        for _ in 0..100 {
            let probe = Arc::clone(&probe);
            askers.spawn(async move { probe.ask(std::future::pending::<Result<Health, ()>>()).await });
        }
        assert!(askers.join_all().await.iter().all(Option::is_none));
        assert!(started.elapsed() < ANSWERS_WITHIN + Duration::from_millis(100));
    }
}
