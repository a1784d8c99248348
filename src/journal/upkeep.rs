//! The port's other half: what is done about a record beside appending to it and reading it. Who does it holds one of
//! these and knows neither folders nor tables.

use std::io::Write;

use chrono::{DateTime, Utc};

use crate::domain::retention::Retention;
use crate::journal::backup::BackupError;
use crate::journal::compress::{CompressError, Compressed};
use crate::journal::error::ReadError;
use crate::journal::manifest::Manifest;
use crate::journal::plans::PastPlan;
use crate::journal::prune::Prunable;
use crate::journal::record::Checkpoint;
use crate::journal::verify::Verified;
use crate::journal::walk::Visit;

/// Looks after a record, also while its journal appends to it.
pub trait Upkeep: Send + Sync {
    /// Verifies every line, and that each hangs on the one before; changes nothing. `stop` is asked at each record, and what
    /// came before is told of then.
    ///
    /// # Errors
    ///
    /// The first damage, or what cannot be read.
    fn verify(&self, stop: &dyn Fn() -> bool) -> Result<Verified, ReadError>;

    /// Stores what is complete, up to one record, in less space; its text stays the same, letter by letter.
    ///
    /// # Errors
    ///
    /// See [`CompressError`]; what it names stays as it is.
    fn compress(&self, up_to: u64, stop: &dyn Fn() -> bool) -> Result<Compressed, CompressError>;

    /// Finds what is older than the record is kept. A journal may keep more than that, and find nothing.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read.
    fn find_old(&self, keep_for: Retention, now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError>;

    /// Whether nothing that was recorded between the look and the checkpoint needs what is to be forgotten.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read.
    fn may_prune(&self, found: &Prunable, checkpoint: u64) -> Result<bool, ReadError>;

    /// Has readers begin behind what is pruned, and then removes it; `checkpoint` is the number under which that was
    /// recorded. Returns how many pieces are gone.
    ///
    /// # Errors
    ///
    /// Where it cannot be written; what is left is removed by a later [`sweep`](Self::sweep).
    fn prune(&self, found: &Checkpoint, checkpoint: u64) -> Result<u64, ReadError>;

    /// Removes what was pruned and is there still; returns how many pieces.
    ///
    /// # Errors
    ///
    /// Where it cannot be read or written.
    fn sweep(&self) -> Result<u64, ReadError>;

    /// The last record that was pruned; 0 where all are there.
    ///
    /// # Errors
    ///
    /// Where that cannot be read.
    fn pruned_through(&self) -> Result<u64, ReadError>;

    /// Visits every line, letter by letter and verified.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read; what came before was visited.
    fn export(&self, visit: Visit<'_>) -> Result<(), ReadError>;

    /// Writes a backup of all of it; changes nothing.
    ///
    /// # Errors
    ///
    /// See [`BackupError`]; what was written is of no use then.
    fn back_up(&self, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Manifest, BackupError>;

    /// The plan that was in force at an instant; `None` where the record begins later.
    ///
    /// # Errors
    ///
    /// Where the record is damaged or cannot be read.
    fn plan_at(&self, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError>;

    /// The last plan with what stood in its files, as far as it can be read; `None` where there is no such plan whole.
    fn last_plan(&self) -> Option<PastPlan>;
}
