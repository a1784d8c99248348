//! The port: what every journal does, whatever it writes to.
//!
//! # Fencing
//!
//! A journal has one writer at a time, and each writer appends under its [`Epoch`]. Where several nodes can reach one
//! journal, a node that takes over does so under a higher epoch, which the journal keeps; from then on it refuses every
//! batch of a lower one with [`JournalError::Fenced`](crate::journal::error::JournalError::Fenced), in the same atomic step
//! in which it would append it. So a node that was believed dead and wakes up writes nothing into a history that has gone
//! on without it. Files are kept from a second writer by a lock: their epoch is always [`Epoch::FIRST`].
//!
//! # To page on while the journal cannot be written
//!
//! A daemon whose journal cannot be written goes on paging what it knows, under ids that the later record repeats. That is
//! right while it alone can have the journal. Where another node may have taken over, the same people may be paged by both:
//! the pages have the same ids as far as both know of them, so they are seen to be the same. Two answers differ then. A
//! journal that is out of reach says nothing of who has taken over, so the daemon pages on: a page too many is better than
//! none. A journal that answers `Fenced` says that another node has taken over and pages, so a daemon that is fenced stops
//! paging, stops answering that anything is recorded, and ends.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::journal::error::{AppendError, ReadError};
use crate::journal::record::{Checkpoint, Entry, Record};

/// What a reading of the record begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The last record that is not there any more; 0 where all are.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// What is told of it.
    pub checkpoint: Option<Checkpoint>,
}

impl Start {
    /// All of it is there.
    pub const WHOLE: Self = Self { seq: 0, hash: Digest::ZERO, checkpoint: None };
}

/// Where everything that happens is written down before anybody hears of it.
pub trait Journal: Send {
    /// Appends all entries as one write and one `fdatasync`: when it returns, they survive a power cut. It is refused under
    /// an epoch that is not the journal's.
    ///
    /// # Errors
    ///
    /// Nothing was recorded then, and the entries are forgotten: whoever still wants them appends them again. The
    /// journal can be used on, and tries a fresh segment. [`Leftover`](error::Leftover) says whether a crash may bring them
    /// back all the same.
    fn append(&mut self, epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError>;

    /// The end of what is recorded.
    fn head(&self) -> Head;

    /// Reads what is recorded, also while more is appended.
    fn reader(&self) -> Box<dyn Reader>;
}

/// Which of the writers that a journal has had, one after the other, appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// Of the first writer; of every writer where a lock keeps others out.
    pub const FIRST: Self = Self(1);

    /// Of the writer that takes over.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Reads the record while somebody else may append to it.
pub trait Reader: Send {
    /// Visits all records after `seq` in order, and verifies that each hangs on the one before, until `visit` breaks.
    ///
    /// The last ones may be on their way to the disk still: a reader that wants answered ones alone breaks in time.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read; what came before was visited.
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError>;

    /// What a reading begins with: where the oldest part was pruned, all that is told of it.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read.
    fn start(&self) -> Result<Start, ReadError> {
        Ok(Start::WHOLE)
    }

    /// The hash of one record; of none, what the chain starts from. `None` where the record does not reach so far.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read.
    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError>;
}

/// A record that was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its line, without the line's end.
    pub line: Box<str>,
}

/// A record that was read.
pub struct Found<'a> {
    /// What it says.
    pub record: Record,
    /// Its hash.
    pub hash: Digest,
    /// Its line, without the line's end.
    pub line: &'a str,
}

/// The end of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last record's number; 0 where there is none.
    pub seq: u64,
    /// The last record's logical time.
    pub at: Option<DateTime<Utc>>,
    /// The last record's hash.
    pub hash: Digest,
}

impl Head {
    /// The end of an empty record.
    pub const START: Self = Self { seq: 0, at: None, hash: Digest::ZERO };
}
