//! The port that every journal implements, whatever it writes to.
//!
//! # Fencing
//!
//! A journal has one writer at a time, and each writer appends under its [`Epoch`]. If several nodes can reach one
//! journal, a node that takes over uses a higher epoch, which the journal stores. From then on, the journal rejects
//! every batch with a lower epoch with [`JournalError::Fenced`](crate::journal::error::JournalError::Fenced),
//! atomically with the append. So a node that was believed dead and comes back cannot write to a history that continued
//! without it. Files are protected from a second writer by a lock: their epoch is always [`Epoch::FIRST`].
//!
//! # Paging while the journal cannot be written
//!
//! A daemon whose journal cannot be written continues to page for known incidents, under ids that the record later
//! repeats. This is right as long as only this daemon can have the journal. If another node may have taken over, both
//! may page the same people; as far as both know the pages, they have the same ids and can be recognized as duplicates.
//! The journal's answer decides: an unreachable journal does not say who has taken over, so the daemon continues to
//! page, because a duplicate page is better than none. A journal that answers `Fenced` says that another node has taken
//! over and pages, so a fenced daemon stops paging, stops acknowledging requests, and exits.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::journal::error::{AppendError, ReadError};
use crate::journal::record::{Checkpoint, Entry, Record};

/// The starting point for reading the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The last pruned record; 0 if nothing was pruned.
    pub seq: u64,
    pub hash: Digest,
    /// The checkpoint that describes what was pruned.
    pub checkpoint: Option<Checkpoint>,
}

impl Start {
    /// Nothing was pruned.
    pub const WHOLE: Self = Self { seq: 0, hash: Digest::ZERO, checkpoint: None };
}

/// Stores everything that happens before anyone learns of it.
pub trait Journal: Send {
    /// Appends all entries with one write and one `fdatasync`: once it returns, they survive a power cut. Fails if the
    /// epoch is not the journal's.
    ///
    /// # Errors
    ///
    /// Nothing was recorded, and the entries are dropped; the caller must append them again if needed. The journal
    /// stays usable and tries a new segment. [`Leftover`](error::Leftover) says whether the entries may reappear after
    /// a crash.
    fn append(&mut self, epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError>;

    /// The end of the record.
    fn head(&self) -> Head;

    /// Reads the record, also while more is appended.
    fn reader(&self) -> Box<dyn Reader>;
}

/// Identifies a writer in the sequence of writers of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// The first writer's epoch, and every writer's if a lock keeps others out.
    pub const FIRST: Self = Self(1);

    /// The epoch of the writer that takes over.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Reads the record while another process may append to it.
pub trait Reader: Send {
    /// Visits all records after `seq` in order, verifying the hash chain, until `visit` breaks.
    ///
    /// The last records may not be durable yet. A reader that needs only acknowledged records must stop before them.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read; earlier records were visited.
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError>;

    /// The starting point for reading. If the oldest part was pruned, includes its checkpoint.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read.
    fn start(&self) -> Result<Start, ReadError> {
        Ok(Start::WHOLE)
    }

    /// The hash of one record, or of the start of the chain for 0. `None` if the record does not contain it.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read.
    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub seq: u64,
    pub hash: Digest,
    /// Without a newline.
    pub line: Box<str>,
}

pub struct Found<'a> {
    pub record: Record,
    pub hash: Digest,
    /// Without a newline.
    pub line: &'a str,
}

/// The end of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: u64,
    pub at: Option<DateTime<Utc>>,
    pub hash: Digest,
}

impl Head {
    pub const START: Self = Self { seq: 0, at: None, hash: Digest::ZERO };
}
