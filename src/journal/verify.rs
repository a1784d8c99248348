//! Verifies the whole record from its first line for `wardbell audit verify`, also while a daemon appends to it.

use std::ops::ControlFlow;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::retention::Retention;
use crate::journal::base::layout;
use crate::journal::checkpoint::start;
use crate::journal::error::ReadError;
use crate::journal::walk::{Visit, walk};

/// The result for an intact record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last record's number, which includes pruned records.
    pub records: u64,
    pub segments: u64,
    /// The last record's hash. Stored elsewhere, it proves later that nothing before it has changed.
    pub head: Digest,
    /// The length of an incomplete record at the end, which is being written or was cut off by a crash.
    pub torn_bytes: u64,
    pub pruned: Option<Pruned>,
}

/// What was pruned from a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// The last pruned record.
    pub through: u64,
    /// When the pruning was recorded.
    pub on: DateTime<Utc>,
    /// The retention period.
    pub keep_for: Retention,
}

/// Verifies every line and the hash chain of a folder's record without changing anything.
///
/// # Errors
///
/// The first damage, or a file that cannot be read.
pub fn verify(folder: &Path) -> Result<Verified, ReadError> {
    verify_until(folder, &|| false)
}

/// The same with a way to stop: `stop` is called for each record, and the result covers what came before.
///
/// # Errors
///
/// The errors of [`verify`].
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
