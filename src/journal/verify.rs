//! The whole record from its first line, as `wardbell audit verify` reads it, also while a daemon appends to it.

use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::retention::Retention;
use crate::journal::base::layout;
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::walk::{Visit, walk};

/// What a sound record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last record's number: how many there are, with those that were pruned.
    pub records: u64,
    /// In how many files.
    pub segments: u64,
    /// The last record's hash: who keeps it elsewhere can tell later that nothing before it has changed.
    pub head: Digest,
    /// The bytes of a record at the end that is being written, or was torn.
    pub torn_bytes: u64,
    /// What was pruned, if anything.
    pub pruned: Option<Pruned>,
}

/// What was pruned from a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// All up to this record.
    pub through: u64,
    /// When that was recorded.
    pub on: DateTime<Utc>,
    /// For how long records were kept.
    pub keep_for: Retention,
}

/// Verifies every line of a folder's record and that each hangs on the one before; changes nothing.
///
/// # Errors
///
/// The first damage, or a file that cannot be read.
pub fn verify(folder: &Path) -> Result<Verified, ReadError> {
    verify_until(folder, &|| false)
}

/// The same, for those who may have to stop: `stop` is asked at each record, and what came before is told of then.
///
/// # Errors
///
/// As [`verify`].
pub fn verify_until(folder: &Path, stop: &dyn Fn() -> bool) -> Result<Verified, ReadError> {
    let checkpoint = start(folder)?.checkpoint;
    let layout = layout(folder)?;
    let (segments, base) = (layout.segments.len(), layout.base);
    let mut on = None;
    let visit: Visit = &mut |line, _| {
        let at = line.at()?;
        if base.is_some_and(|base| base.checkpoint == line.seq) {
            on = Some(at);
        }
        Ok(if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    let reached = walk(folder, 0, visit)?;
    let pruned = checkpoint.zip(on).map(|(found, on)| Pruned { through: found.through, on, keep_for: found.keep_for });
    Ok(Verified {
        records: reached.seq,
        segments: segments as u64,
        head: reached.hash.unwrap_or(Digest::ZERO),
        torn_bytes: reached.torn,
        pruned,
    })
}
