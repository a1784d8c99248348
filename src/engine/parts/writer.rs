//! The journal writer thread. A disk that hangs blocks this thread, not the engine.

use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::id::IncidentId;
use crate::journal::error::AppendError;
use crate::journal::port::{Epoch, Journal, Written};
use crate::journal::record::{Entry, Record};
use crate::vault::Vault;

#[derive(Debug)]
pub struct Job {
    /// To be recorded, in this order.
    pub entries: Vec<Entry>,
    /// Whose keys are to be destroyed once all of it is durable.
    pub purged: Vec<IncidentId>,
    pub wall: DateTime<Utc>,
}

#[derive(Debug)]
pub struct Recorded {
    pub written: Vec<Written>,
    pub records: Vec<Record>,
    /// Why the keys of purged incidents could not be destroyed yet, if so.
    pub unpurged: Option<String>,
}

/// How the writing of a batch ended.
pub type Ended = Result<Recorded, AppendError>;

/// Writes batches one by one without blocking the engine: a thread, or a simulated disk.
pub trait Writer: Send {
    /// Starts writing a batch. The previous one must have finished.
    fn begin(&mut self, job: Job);

    /// The outcome of the batch; `None` if it has not finished within the given time.
    fn ended(&mut self, within: Duration) -> Option<Ended>;
}

/// Seals protected text, appends, and destroys the keys of purged incidents.
pub struct Appender {
    journal: Box<dyn Journal>,
    vault: Option<Arc<Vault>>,
}

impl Appender {
    /// Appends to a journal, and seals where there is a vault.
    pub fn new(journal: Box<dyn Journal>, vault: Option<Arc<Vault>>) -> Self {
        Self { journal, vault }
    }

    /// Writes a batch: when this returns, it is durable.
    ///
    /// # Errors
    ///
    /// See [`Journal::append`]. Also if keys cannot be written.
    pub fn write(&mut self, job: Job) -> Ended {
        let Job { mut entries, purged, wall } = job;
        let written = self.append(&mut entries)?;
        let records = written.iter().zip(entries).map(|(written, entry)| Record { seq: written.seq, entry });
        let records = records.collect();
        let vault = self.vault.as_ref().filter(|_| !purged.is_empty());
        let unpurged = vault.and_then(|vault| vault.purge(&purged, wall).err()).map(|error| error.to_string());
        Ok(Recorded { written, records, unpurged })
    }

    fn append(&mut self, entries: &mut [Entry]) -> Result<Vec<Written>, AppendError> {
        let Some(vault) = &self.vault else { return self.journal.append(Epoch::FIRST, entries) };
        let made = vault.seal(entries)?;
        let written = self.journal.append(Epoch::FIRST, entries);
        if written.is_ok() {
            vault.recorded(&made);
        } else {
            vault.not_recorded(&made);
        }
        written
    }
}

pub struct WriterThread {
    /// `None` during shutdown.
    jobs: Option<Sender<Job>>,
    ended: Receiver<Ended>,
    thread: Option<JoinHandle<()>>,
    is_writing: bool,
}

impl WriterThread {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(mut appender: Appender) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let (ends, ended) = channel();
        let write = move || {
            for job in waiting {
                if ends.send(appender.write(job)).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().name("journal".into()).spawn(write)?;
        Ok(Self { jobs: Some(jobs), ended, thread: Some(thread), is_writing: false })
    }

    /// Propagates the writer's panic, because a daemon without its writer must not look alive.
    fn end_alike(&mut self) {
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            resume_unwind(panic);
        }
    }
}

impl Writer for WriterThread {
    fn begin(&mut self, job: Job) {
        self.is_writing = true;
        if self.jobs.as_ref().is_none_or(|jobs| jobs.send(job).is_err()) {
            self.end_alike();
        }
    }

    fn ended(&mut self, within: Duration) -> Option<Ended> {
        match self.ended.recv_timeout(within) {
            Ok(ended) => {
                self.is_writing = false;
                Some(ended)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.end_alike();
                None
            }
        }
    }
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.jobs = None;
        // Waits so that the journal is free for the next opener, unless the disk hangs.
        if let Some(thread) = self.thread.take().filter(|_| !self.is_writing) {
            // A panic was already reported by the engine.
            let _broken = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::memory::MemoryJournal;
    use crate::journal::port::{Epoch, Head, Reader};
    use crate::journal::record::{Fact, SystemEvent};

    const SOON: Duration = Duration::from_secs(20);

    fn job() -> Job {
        let at = DateTime::UNIX_EPOCH;
        let entry = Entry { at, fact: Fact::System(SystemEvent::Started { version: "1".into() }) };
        Job { entries: vec![entry], purged: Vec::new(), wall: at }
    }

    /// Hangs until it is told to go on, or is broken.
    struct Hanging(MemoryJournal, Receiver<()>);

    impl Journal for Hanging {
        fn append(&mut self, epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError> {
            self.1.recv().unwrap();
            self.0.append(epoch, entries)
        }

        fn head(&self) -> Head {
            self.0.head()
        }

        fn reader(&self) -> Box<dyn Reader> {
            self.0.reader()
        }
    }

    #[test]
    fn a_batch_on_a_disk_that_hangs_ends_when_that_goes_on() {
        let (goes_on, hangs) = channel();
        let journal = MemoryJournal::default();
        let appender = Appender::new(Box::new(Hanging(journal.clone(), hangs)), None);
        let mut writer = WriterThread::start(appender).unwrap();
        writer.begin(job());
        assert!(writer.ended(Duration::from_millis(20)).is_none());
        assert_eq!(journal.head().seq, 0);
        goes_on.send(()).unwrap();
        let recorded = writer.ended(SOON).unwrap().unwrap();
        assert_eq!((recorded.written[0].seq, recorded.records[0].seq, journal.head().seq), (1, 1, 1));
        writer.begin(job());
        goes_on.send(()).unwrap();
        assert_eq!(writer.ended(SOON).unwrap().unwrap().written[0].seq, 2);
    }

    #[test]
    fn whoever_waits_for_a_writer_that_broke_breaks_too() {
        let (goes_on, hangs) = channel();
        drop(goes_on);
        let appender = Appender::new(Box::new(Hanging(MemoryJournal::default(), hangs)), None);
        let mut writer = WriterThread::start(appender).unwrap();
        writer.begin(job());
        let waits = std::panic::AssertUnwindSafe(|| writer.ended(SOON).is_some());
        assert!(std::panic::catch_unwind(waits).is_err());
    }
}
