//! The whole record from its first line, as `wardbell audit verify` reads it, also while a daemon appends to it.

use std::ops::ControlFlow;
use std::path::Path;

use crate::domain::digest::Digest;
use crate::journal::error::ReadError;
use crate::journal::segment::Segment;
use crate::journal::walk::{Visit, walk};

/// What a sound record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many records; also the last one's number.
    pub records: u64,
    /// In how many files.
    pub segments: u64,
    /// The last record's hash: who keeps it elsewhere can tell later that nothing before it has changed.
    pub head: Digest,
    /// The bytes of a record at the end that is being written, or was torn.
    pub torn_bytes: u64,
}

/// Verifies every line of a folder's record and that each hangs on the one before; changes nothing.
///
/// # Errors
///
/// The first damage, or a file that cannot be read.
pub fn verify(folder: &Path) -> Result<Verified, ReadError> {
    let segments = Segment::list(folder).map_err(|error| ReadError::disk(folder, &error))?.len();
    let visit: Visit = &mut |line, _| line.at().map(|_| ControlFlow::Continue(()));
    let reached = walk(folder, 0, visit)?;
    Ok(Verified {
        records: reached.seq,
        segments: segments as u64,
        head: reached.hash.unwrap_or(Digest::ZERO),
        torn_bytes: reached.torn,
    })
}
