//! The second part of the journal's port: maintenance of a record, independent of how it is stored.

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

/// Maintains a record, also while its journal appends to it.
pub trait Upkeep: Send + Sync {
    /// Verifies every line and the hash chain without changing anything. `stop` is called for each record, and the
    /// result covers what came before.
    ///
    /// # Errors
    ///
    /// The first damage, or what cannot be read.
    fn verify(&self, stop: &dyn Fn() -> bool) -> Result<Verified, ReadError>;

    /// Compresses complete parts up to a record; their text stays exactly the same.
    ///
    /// # Errors
    ///
    /// See [`CompressError`]; what it names stays unchanged.
    fn compress(&self, up_to: u64, stop: &dyn Fn() -> bool) -> Result<Compressed, CompressError>;

    /// Finds what is older than the retention period. A journal may keep more than that, and find nothing.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read.
    fn find_old(&self, keep_for: Retention, now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError>;

    /// Whether nothing recorded between the survey and the checkpoint needs what is to be removed.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read.
    fn may_prune(&self, found: &Prunable, checkpoint: u64) -> Result<bool, ReadError>;

    /// Makes readers start after the pruned part, then removes it. `checkpoint` is the record number of the checkpoint.
    /// Returns the number of removed pieces.
    ///
    /// # Errors
    ///
    /// If it cannot be written; a later [`sweep`](Self::sweep) removes what is left.
    fn prune(&self, found: &Checkpoint, checkpoint: u64) -> Result<u64, ReadError>;

    /// Removes pruned pieces that still exist; returns their number.
    ///
    /// # Errors
    ///
    /// If it cannot be read or written.
    fn sweep(&self) -> Result<u64, ReadError>;

    /// The last pruned record; 0 if nothing was pruned.
    ///
    /// # Errors
    ///
    /// If that cannot be read.
    fn pruned_through(&self) -> Result<u64, ReadError>;

    /// Visits every line exactly as written, verified.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read; earlier records were visited.
    fn export(&self, visit: Visit<'_>) -> Result<(), ReadError>;

    /// Writes a backup without changing the record.
    ///
    /// # Errors
    ///
    /// See [`BackupError`]; discard what was written.
    fn back_up(&self, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Manifest, BackupError>;

    /// The plan in force at an instant; `None` if the record begins later.
    ///
    /// # Errors
    ///
    /// If the record is damaged or cannot be read.
    fn plan_at(&self, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError>;

    /// The last plan with its files' contents, as far as it can be read; `None` if there is no complete plan.
    fn last_plan(&self) -> Option<PastPlan>;
}
