//! The engine's hand on the journal: it records a batch, or keeps what must not be lost until it can.

use chrono::{DateTime, Utc};

use crate::journal::record::{Entry, Fact, HouseEvent, Record};
use crate::journal::{Journal, Written};

/// Records batches, and remembers why it cannot.
pub struct Recorder {
    journal: Box<dyn Journal>,
    unrecorded: Vec<Entry>,
    failing: Option<String>,
}

/// What is durable now.
#[derive(Debug)]
pub struct Recorded {
    /// The lines.
    pub written: Vec<Written>,
    /// The records.
    pub records: Vec<Record>,
}

impl Recorder {
    /// A recorder on a journal that works.
    pub fn new(journal: Box<dyn Journal>) -> Self {
        Self { journal, unrecorded: Vec::new(), failing: None }
    }

    /// Makes entries durable, after those that had to wait.
    ///
    /// # Errors
    ///
    /// Why not; nothing of `entries` is remembered then.
    pub fn record(&mut self, at: DateTime<Utc>, entries: Vec<Entry>) -> Result<Recorded, String> {
        let kept = self.unrecorded.len();
        let all = match &self.failing {
            None => entries,
            Some(reason) => {
                let recovery = HouseEvent::JournalRecovered { reason: reason.clone() };
                let recovery = Entry { at, fact: Fact::House(recovery) };
                self.unrecorded.iter().cloned().chain([recovery]).chain(entries).collect()
            }
        };
        match self.journal.append(&all) {
            Ok(written) => {
                if self.failing.take().is_some() {
                    tracing::warn!(kept, "the journal can be written again");
                }
                self.unrecorded.clear();
                let records = written.iter().zip(all).map(|(written, entry)| Record { seq: written.seq, entry });
                Ok(Recorded { records: records.collect(), written })
            }
            Err(error) => {
                let reason = error.to_string();
                if self.failing.as_ref() != Some(&reason) {
                    tracing::error!(
                        reason,
                        "the journal cannot be written: new incidents are refused, known ones go on"
                    );
                }
                self.failing = Some(reason.clone());
                Err(reason)
            }
        }
    }

    /// Keeps entries that happened although they cannot be recorded yet.
    pub fn keep(&mut self, entries: Vec<Entry>) {
        self.unrecorded.extend(entries);
    }

    /// Whether the last batch could not be recorded.
    pub fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// Why the last batch could not be recorded.
    pub fn failing(&self) -> Option<&str> {
        self.failing.as_deref()
    }

    /// How many entries wait until they can be recorded.
    pub fn unrecorded(&self) -> usize {
        self.unrecorded.len()
    }

    /// The last record's number.
    pub fn last_seq(&self) -> u64 {
        self.journal.head().seq
    }
}
