//! Records batches in the journal, or keeps what must not be lost until it can.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::engine::parts::writer::{Ended, Job, Recorded, Writer};
use crate::journal::error::Leftover;
use crate::journal::record::{Entry, Fact, SystemEvent};

pub struct Recorder {
    writer: Box<dyn Writer>,
    last_seq: u64,
    /// Internal entries still to be handed to the writer.
    unrecorded: Vec<Entry>,
    /// The internal entries of the delayed batch that the writer still has.
    late: Option<Vec<Entry>>,
    failing: Option<String>,
    /// When it was last tried while failing.
    tried_at: Option<DateTime<Utc>>,
}

/// A slower write counts as a journal that cannot be written, so that a disk that hangs delays paging by at most this.
/// Healthy disks take milliseconds.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// Up to this many kept entries are retried with every batch; more are retried at intervals, because pages come first.
const SMALL: usize = 1_000;

const TRY_EVERY: TimeDelta = TimeDelta::seconds(1);

/// The failure reason while a write is delayed.
const HANGS: &str = "the disk is not responding";

/// One batch to record.
#[derive(Debug, Default)]
pub struct Batch {
    /// Internal entries: kept until they can be recorded.
    pub internal: Vec<Entry>,
    /// External entries: recorded now or never.
    pub external: Vec<Entry>,
    /// The incidents whose keys are destroyed once all is durable.
    pub purged: Vec<IncidentId>,
}

/// Why a batch was not recorded, and what that means for its external part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrecorded {
    /// It will never be recorded.
    Never(String),
    /// It is dropped, but a crash before the next recorded batch may bring it back.
    PerhapsAfterACrash(String),
    /// It is still being written; [`Recorder::late_end`] returns the outcome.
    Late(String),
}

impl Recorder {
    /// A recorder for a working journal whose last record has this sequence number.
    pub fn new(writer: Box<dyn Writer>, last_seq: u64) -> Self {
        Self { writer, last_seq, unrecorded: Vec::new(), late: None, failing: None, tried_at: None }
    }

    /// Makes a batch durable after all kept entries, if that takes no longer than [`WRITTEN_WITHIN`].
    ///
    /// # Errors
    ///
    /// The batch was not recorded. Its internal part is kept and recorded later.
    pub fn record(&mut self, now: Now, batch: Batch) -> Result<Recorded, Unrecorded> {
        let Batch { internal, external, purged } = batch;
        if let Some(reason) = self.failing.clone().filter(|_| self.has_to_wait(now.logical)) {
            self.unrecorded.extend(internal);
            return Err(Unrecorded::Never(reason));
        }
        let recovery = self.failing.clone().map(|reason| {
            let fact = Fact::System(SystemEvent::JournalRecovered { reason });
            Entry { at: now.logical, fact }
        });
        let mut kept = std::mem::take(&mut self.unrecorded);
        let entries = kept.iter().cloned().chain(recovery).chain(internal.iter().cloned()).chain(external);
        self.writer.begin(Job { entries: entries.collect(), purged, wall: now.wall });
        self.tried_at = Some(now.logical);
        let waited = kept.len();
        kept.extend(internal);
        match self.writer.ended(WRITTEN_WITHIN) {
            None => {
                self.late = Some(kept);
                self.fail(HANGS.to_owned());
                Err(Unrecorded::Late(HANGS.to_owned()))
            }
            Some(ended) => {
                let recorded = self.take_end(ended, kept)?;
                if self.failing.take().is_some() {
                    tracing::warn!(kept = waited, "the journal can be written again");
                }
                Ok(recorded)
            }
        }
    }

    /// The outcome of the delayed batch, if it has finished. If it was not recorded, its external part never will be.
    ///
    /// The journal counts as failing until a later batch is recorded in time.
    pub fn late_end(&mut self) -> Option<Result<Recorded, Unrecorded>> {
        self.late.as_ref()?;
        let ended = self.writer.ended(Duration::ZERO)?;
        let kept = self.late.take().unwrap_or_default();
        Some(self.take_end(ended, kept))
    }

    fn take_end(&mut self, ended: Ended, kept: Vec<Entry>) -> Result<Recorded, Unrecorded> {
        match ended {
            Ok(recorded) => {
                self.last_seq = recorded.written.last().map_or(self.last_seq, |last| last.seq);
                Ok(recorded)
            }
            Err(error) => {
                self.unrecorded.splice(0..0, kept);
                let reason = error.reason.to_string();
                self.fail(reason.clone());
                Err(match error.leftover {
                    Leftover::None => Unrecorded::Never(reason),
                    Leftover::Possible => Unrecorded::PerhapsAfterACrash(reason),
                })
            }
        }
    }

    /// Whether to skip trying now.
    fn has_to_wait(&self, at: DateTime<Utc>) -> bool {
        let tried_just_now =
            self.tried_at.is_some_and(|tried_at| (TimeDelta::zero()..TRY_EVERY).contains(&(at - tried_at)));
        self.is_late() || self.unrecorded.len() > SMALL && tried_just_now
    }

    fn fail(&mut self, reason: String) {
        if self.failing.as_ref() != Some(&reason) {
            tracing::error!(
                reason,
                "the journal cannot be written: new incidents are refused; paging of open incidents continues"
            );
        }
        self.failing = Some(reason);
    }

    /// Whether a delayed batch is still being written. Nothing else can be recorded meanwhile.
    pub fn is_late(&self) -> bool {
        self.late.is_some()
    }

    /// Whether the last batch could not be recorded.
    pub fn is_failing(&self) -> bool {
        self.failing.is_some()
    }

    /// Why the last batch could not be recorded.
    pub fn failing(&self) -> Option<&str> {
        self.failing.as_deref()
    }

    /// How many kept entries are not known to be recorded.
    pub fn unrecorded(&self) -> usize {
        self.kept().count()
    }

    /// When the oldest of them happened.
    pub fn oldest_unrecorded(&self) -> Option<DateTime<Utc>> {
        self.kept().next().map(|entry| entry.at)
    }

    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    fn kept(&self) -> impl Iterator<Item = &Entry> {
        self.late.iter().flatten().chain(&self.unrecorded)
    }
}
