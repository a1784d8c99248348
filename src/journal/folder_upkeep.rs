//! Maintenance of a record stored as files in a folder.

use std::io::Write;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::retention::Retention;
use crate::journal::backup::{BackupError, backup};
use crate::journal::base::Base;
use crate::journal::compress::{CompressError, Compressed, compress};
use crate::journal::error::ReadError;
use crate::journal::manifest::Manifest;
use crate::journal::plans::{self, PastPlan};
use crate::journal::prune::{self, Prunable};
use crate::journal::record::Checkpoint;
use crate::journal::upkeep::Upkeep;
use crate::journal::verify::{Verified, verify_until};
use crate::journal::walk::{Visit, walk};

/// Maintains the record in a folder, regardless of which process appends to it.
#[derive(Debug, Clone)]
pub struct FolderUpkeep {
    folder: PathBuf,
}

impl FolderUpkeep {
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Upkeep for FolderUpkeep {
    fn verify(&self, stop: &dyn Fn() -> bool) -> Result<Verified, ReadError> {
        verify_until(&self.folder, stop)
    }

    fn compress(&self, up_to: u64, stop: &dyn Fn() -> bool) -> Result<Compressed, CompressError> {
        compress(&self.folder, up_to, stop)
    }

    fn find_old(&self, keep_for: Retention, now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError> {
        prune::look(&self.folder, keep_for, now)
    }

    fn may_prune(&self, found: &Prunable, checkpoint: u64) -> Result<bool, ReadError> {
        prune::is_still_right(&self.folder, found, checkpoint)
    }

    fn prune(&self, found: &Checkpoint, checkpoint: u64) -> Result<u64, ReadError> {
        prune::finish(&self.folder, found, checkpoint)
    }

    fn sweep(&self) -> Result<u64, ReadError> {
        prune::sweep(&self.folder)
    }

    fn pruned_through(&self) -> Result<u64, ReadError> {
        Ok(Base::read(&self.folder)?.map_or(0, |base| base.through))
    }

    fn export(&self, visit: Visit<'_>) -> Result<(), ReadError> {
        walk(&self.folder, 0, visit).map(drop)
    }

    fn back_up(&self, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Manifest, BackupError> {
        backup(&self.folder, now, out)
    }

    fn plan_at(&self, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
        plans::plan_at(&self.folder, at)
    }

    fn last_plan(&self) -> Option<PastPlan> {
        plans::last(&self.folder)
    }
}
