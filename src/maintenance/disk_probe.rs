//! Checks in advance whether the journal could be written, on its own thread because a disk that hangs blocks its
//! caller.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::engine::protocol::readiness::DiskProbe;

/// A disk that takes longer is not responding.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Probes the disk; clones share one thread.
pub struct ProbeThread {
    asks: SyncSender<()>,
    told: watch::Receiver<Option<String>>,
}

impl ProbeThread {
    /// Starts the thread. `probe` checks the disk and returns why nothing could be recorded.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(probe: impl Fn() -> Option<String> + Send + 'static) -> io::Result<Self> {
        let (asks, asked) = sync_channel(1);
        let (tells, told) = watch::channel(None);
        thread::Builder::new().name("disk-probe".into()).spawn(move || {
            while asked.recv().is_ok() {
                tells.send_replace(probe());
            }
        })?;
        Ok(Self { asks, told })
    }

    /// Why nothing could be recorded now, if so. Concurrent callers share one probe.
    pub async fn ask(&self) -> Option<String> {
        let mut told = self.told.clone();
        told.mark_unchanged();
        // If a probe is already queued, its answer counts.
        let _asked = self.asks.try_send(());
        match timeout(ANSWERS_WITHIN, told.changed()).await {
            Ok(Ok(())) => told.borrow().clone(),
            Ok(Err(_)) | Err(_) => Some("cannot record anything: the disk is not responding".to_owned()),
        }
    }
}

impl DiskProbe for ProbeThread {
    fn ask(&self) -> BoxFuture<'_, Option<String>> {
        Box::pin(Self::ask(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn each_question_gets_an_answer_of_its_own_time() {
        let (answers, next) = channel();
        let next = Mutex::new(next);
        let probe = ProbeThread::start(move || next.lock().unwrap().recv().unwrap()).unwrap();
        for answer in [None, Some("the disk is full"), None] {
            answers.send(answer.map(str::to_owned)).unwrap();
            assert_eq!(probe.ask().await.as_deref(), answer);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_is_told_to_all_who_ask() {
        let (release, held) = channel();
        let held = Mutex::new(held);
        let probe = ProbeThread::start(move || {
            held.lock().unwrap().recv().unwrap();
            None
        })
        .unwrap();
        for _ in 0..100 {
            assert!(probe.ask().await.unwrap().contains("is not responding"));
        }
        // Of all those questions one is at work, and one waits.
        (0..3).for_each(|_| release.send(()).unwrap());
        tokio::time::resume();
        assert_eq!(probe.ask().await, None);
    }
}
