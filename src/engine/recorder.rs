//! The engine's hand on the journal: it records a batch, or keeps what must not be lost until it can.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::IncidentId;
use crate::journal::error::JournalError;
use crate::journal::record::{Entry, Fact, HouseEvent, Record};
use crate::journal::{Journal, Written};
use crate::vault::Vault;

/// Records batches, and remembers why it cannot.
pub struct Recorder {
    journal: Box<dyn Journal>,
    /// Seals what is protected, where that is wished for.
    vault: Option<Arc<Vault>>,
    unrecorded: Vec<Entry>,
    failing: Option<String>,
    /// When it was tried last while it fails.
    tried_at: Option<DateTime<Utc>>,
}

/// So much is tried again with every batch; more only so often, as the loop has pages to send.
const SMALL: usize = 1_000;

/// How often that is.
const TRY_EVERY: TimeDelta = TimeDelta::seconds(1);

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
        Self { journal, vault: None, unrecorded: Vec::new(), failing: None, tried_at: None }
    }

    /// The same, with what is protected sealed on the way to the journal.
    pub fn sealing(self, vault: Option<Arc<Vault>>) -> Self {
        Self { vault, ..self }
    }

    /// Makes entries durable, after those that had to wait.
    ///
    /// # Errors
    ///
    /// Why not; nothing of `entries` is remembered then.
    pub fn record(&mut self, at: DateTime<Utc>, entries: Vec<Entry>) -> Result<Recorded, String> {
        let kept = self.unrecorded.len();
        if let (Some(reason), Some(tried_at)) = (&self.failing, self.tried_at)
            && kept > SMALL
            && (TimeDelta::zero()..TRY_EVERY).contains(&(at - tried_at))
        {
            return Err(reason.clone());
        }
        let mut all = match &self.failing {
            None => entries,
            Some(reason) => {
                let recovery = HouseEvent::JournalRecovered { reason: reason.clone() };
                let recovery = Entry { at, fact: Fact::House(recovery) };
                self.unrecorded.iter().cloned().chain([recovery]).chain(entries).collect()
            }
        };
        match self.append(&mut all) {
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
                (self.failing, self.tried_at) = (Some(reason.clone()), Some(at));
                Err(reason)
            }
        }
    }

    /// Seals, then appends. Keys that cannot be written are as bad as a journal that cannot be.
    fn append(&mut self, entries: &mut [Entry]) -> Result<Vec<Written>, JournalError> {
        let Some(vault) = &self.vault else { return self.journal.append(entries) };
        let made = vault.seal(entries)?;
        let written = self.journal.append(entries);
        if written.is_ok() {
            vault.recorded(&made)
        } else {
            vault.not_recorded(&made)
        }
        written
    }

    /// Destroys the keys of incidents that are recorded as purged.
    ///
    /// # Errors
    ///
    /// Not yet: it is tried again with every batch.
    pub fn purge(&self, incidents: &[IncidentId], at: DateTime<Utc>) -> Result<(), JournalError> {
        self.vault.as_ref().map_or(Ok(0), |vault| vault.purge(incidents, at)).map(drop)
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

    /// When the oldest of them happened.
    pub fn oldest_unrecorded(&self) -> Option<DateTime<Utc>> {
        self.unrecorded.first().map(|entry| entry.at)
    }

    /// The last record's number.
    pub fn last_seq(&self) -> u64 {
        self.journal.head().seq
    }
}
