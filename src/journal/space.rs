//! Whether a folder's disk has room for more records.

use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

use crate::journal::error::JournalError;

/// A batch of records has surely room in so many bytes.
const ROOM_BYTES: u64 = 256 * 1_024;

/// Whether the next batch could be written, by the disk's own word.
///
/// # Errors
///
/// Why not. A disk that does not answer is taken to have room: writing will tell.
pub fn room(folder: &Path) -> Result<(), JournalError> {
    let Ok(disk) = statvfs(folder) else { return Ok(()) };
    if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
        Err(JournalError::ReadOnly)
    } else if disk.f_bavail.saturating_mul(disk.f_frsize) < ROOM_BYTES {
        Err(JournalError::DiskFull)
    } else {
        Ok(())
    }
}
