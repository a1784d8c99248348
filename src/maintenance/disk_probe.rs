//! Whether the record could be written now, asked before it matters: by a thread of its own, as a disk that hangs holds up
//! whoever touches it.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::engine::protocol::readiness::DiskProbe;

/// A disk that takes longer does not answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// Asks the disk; clones ask the same thread.
pub struct ProbeThread {
    asks: SyncSender<()>,
    told: watch::Receiver<Option<String>>,
}

impl ProbeThread {
    /// Starts the thread; `probe` looks at the disk and says why nothing could be recorded.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
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

    /// Why nothing could be recorded now, if so. However many ask, the disk is asked by one.
    pub async fn ask(&self) -> Option<String> {
        let mut told = self.told.clone();
        told.mark_unchanged();
        // Where it is asked already, that answer counts.
        let _asked = self.asks.try_send(());
        match timeout(ANSWERS_WITHIN, told.changed()).await {
            Ok(Ok(())) => told.borrow().clone(),
            Ok(Err(_)) | Err(_) => Some("cannot record anything: the disk does not answer".to_owned()),
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
            assert!(probe.ask().await.unwrap().contains("does not answer"));
        }
        // Of all those questions one is at work, and one waits.
        (0..3).for_each(|_| release.send(()).unwrap());
        tokio::time::resume();
        assert_eq!(probe.ask().await, None);
    }
}
