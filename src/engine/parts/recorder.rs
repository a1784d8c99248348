//! The engine's hand on the journal: it records a batch, or keeps what must not be lost until it can.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::IncidentId;
use crate::domain::instant::Now;
use crate::engine::parts::writer::{Ended, Job, Recorded, Writer};
use crate::journal::error::Leftover;
use crate::journal::record::{Entry, Fact, SystemEvent};

/// Records batches, and remembers why it cannot.
pub struct Recorder {
    writer: Box<dyn Writer>,
    last_seq: u64,
    /// What happened and is still to be handed to the writer.
    unrecorded: Vec<Entry>,
    /// Of the batch that the writer still has, although nobody waits for it any longer: what happened all the same.
    late: Option<Vec<Entry>>,
    failing: Option<String>,
    /// When it was tried last while it fails.
    tried_at: Option<DateTime<Utc>>,
}

/// A write that takes longer counts as a journal that cannot be written, so that a disk that hangs keeps nobody from being
/// paged for longer than this. Healthy disks take milliseconds.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

/// So much is tried again with every batch; more only so often, as the loop has pages to send.
const SMALL: usize = 1_000;

/// How often that is.
const TRY_EVERY: TimeDelta = TimeDelta::seconds(1);

/// Why nothing can be recorded while a write is late.
const HANGS: &str = "the disk does not answer";

/// What is to be recorded together.
#[derive(Debug, Default)]
pub struct Batch {
    /// What the daemon itself brings: it happened, and is kept until it can be recorded.
    pub internal: Vec<Entry>,
    /// What comes from outside: recorded with the rest, or never.
    pub external: Vec<Entry>,
    /// Whose keys are to be destroyed once all is durable.
    pub purged: Vec<IncidentId>,
}

/// Why a batch is not known to be recorded, and what that means for its external part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unrecorded {
    /// It never will be recorded.
    Never(String),
    /// It is dropped, and a crash before the next batch is recorded may bring it back.
    PerhapsAfterACrash(String),
    /// It is still being written: [`Recorder::late_end`] tells how that ends.
    Late(String),
}

impl Recorder {
    /// A recorder on a journal that works, whose last record has that number.
    pub fn new(writer: Box<dyn Writer>, last_seq: u64) -> Self {
        Self { writer, last_seq, unrecorded: Vec::new(), late: None, failing: None, tried_at: None }
    }

    /// Makes a batch durable, after what had to wait, if that takes no longer than [`WRITTEN_WITHIN`].
    ///
    /// # Errors
    ///
    /// Why not. The internal part is kept then, and recorded as soon as that is possible.
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

    /// How the batch ended that was late, if it has by now. Where it was not recorded, its external part never will be.
    ///
    /// The journal counts as failing until a batch after it is recorded in time.
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

    /// Whether it is no use to try now.
    fn has_to_wait(&self, at: DateTime<Utc>) -> bool {
        let tried_just_now =
            self.tried_at.is_some_and(|tried_at| (TimeDelta::zero()..TRY_EVERY).contains(&(at - tried_at)));
        self.is_late() || self.unrecorded.len() > SMALL && tried_just_now
    }

    fn fail(&mut self, reason: String) {
        if self.failing.as_ref() != Some(&reason) {
            tracing::error!(
                reason,
                "the journal cannot be written: new incidents are refused, paging of open incidents goes on"
            );
        }
        self.failing = Some(reason);
    }

    /// Whether a batch is being written that nobody waits for any longer. Nothing else can be recorded meanwhile.
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

    /// How many entries happened and are not known to be recorded.
    pub fn unrecorded(&self) -> usize {
        self.kept().count()
    }

    /// When the oldest of them happened.
    pub fn oldest_unrecorded(&self) -> Option<DateTime<Utc>> {
        self.kept().next().map(|entry| entry.at)
    }

    /// The last record's number.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    fn kept(&self) -> impl Iterator<Item = &Entry> {
        self.late.iter().flatten().chain(&self.unrecorded)
    }
}
