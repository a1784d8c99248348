//! Maintenance of an in-memory record, which exists as long as its process.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::retention::Retention;
use crate::journal::backup::{BackupError, backup};
use crate::journal::compress::{CompressError, Compressed};
use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::line::Line;
use crate::journal::manifest::Manifest;
use crate::journal::memory::MemoryJournal;
use crate::journal::plans::{self, PastPlan};
use crate::journal::prune::Prunable;
use crate::journal::record::Checkpoint;
use crate::journal::segment::Segment;
use crate::journal::upkeep::Upkeep;
use crate::journal::verify::Verified;
use crate::journal::walk::Visit;

impl Upkeep for MemoryJournal {
    fn verify(&self, stop: &dyn Fn() -> bool) -> Result<Verified, ReadError> {
        let mut verified = Verified { records: 0, segments: 1, head: Digest::ZERO, torn_bytes: 0, pruned: None };
        self.export(&mut |line, _| {
            (verified.records, verified.head) = (line.seq, line.hash);
            Ok(if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(verified)
    }

    /// Does nothing: memory has no smaller form.
    fn compress(&self, _up_to: u64, _stop: &dyn Fn() -> bool) -> Result<Compressed, CompressError> {
        Ok(Compressed::default())
    }

    /// Finds nothing: everything is kept.
    fn find_old(&self, _keep_for: Retention, _now: DateTime<Utc>) -> Result<Option<Prunable>, ReadError> {
        Ok(None)
    }

    fn may_prune(&self, _found: &Prunable, _checkpoint: u64) -> Result<bool, ReadError> {
        Ok(false)
    }

    fn prune(&self, _found: &Checkpoint, _checkpoint: u64) -> Result<u64, ReadError> {
        Ok(0)
    }

    fn sweep(&self) -> Result<u64, ReadError> {
        Ok(0)
    }

    fn pruned_through(&self) -> Result<u64, ReadError> {
        Ok(0)
    }

    fn export(&self, visit: Visit<'_>) -> Result<(), ReadError> {
        let mut before = (0, Digest::ZERO);
        for written in self.lines() {
            let mut step = || {
                let line = Line::verify(written.line.as_bytes())?;
                if line.seq != before.0 + 1 {
                    return Err(Fault::WrongSeq);
                }
                if line.prev != before.1 {
                    return Err(Fault::WrongPrevious);
                }
                Ok((visit(&line, &written.line)?, (line.seq, line.hash)))
            };
            match step() {
                Ok((ControlFlow::Continue(()), now)) => before = now,
                Ok((ControlFlow::Break(()), _)) => break,
                Err(fault) => {
                    let (segment, line) = (PathBuf::from("memory"), before.0 + 1);
                    return Err(Damage { segment, first: 1, line, byte: 0, fault, cure: Cure::PutBack }.into());
                }
            }
        }
        Ok(())
    }

    /// In the format of files, so that it can be restored to files.
    fn back_up(&self, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Manifest, BackupError> {
        let folder = tempfile::tempdir()?;
        let text: String = self.lines().iter().map(|written| format!("{}\n", written.line)).collect();
        if !text.is_empty() {
            fs::write(Segment::beginning(folder.path(), 1).path, text)?;
        }
        backup(folder.path(), now, out)
    }

    fn plan_at(&self, at: DateTime<Utc>) -> Result<Option<PastPlan>, ReadError> {
        plans::plan_at_of(self, at)
    }

    fn last_plan(&self) -> Option<PastPlan> {
        plans::last_of(self).ok().flatten()
    }
}
