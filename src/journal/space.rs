//! Checks whether a folder's disk has room for more records.

use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags, StatVfsMountFlags, open, statvfs};
use rustix::io::Errno;

use crate::journal::error::JournalError;

/// A size that any batch of records fits in.
pub const RECORD_BYTES: u64 = 256 * 1_024;

/// The space that optional writes must leave for records: enough for thousands of incidents.
const KEPT_BYTES: u64 = 16 << 20;

/// Whether this many bytes can be written next, according to the disk. May block if the disk hangs.
///
/// # Errors
///
/// The reason why not. If the disk does not say, it is assumed to have room; the write will show.
pub fn room(folder: &Path, bytes: u64) -> Result<(), JournalError> {
    if let Ok(disk) = statvfs(folder) {
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(JournalError::ReadOnly);
        }
        if disk.f_bavail.saturating_mul(disk.f_frsize) < bytes {
            return Err(JournalError::DiskFull);
        }
    }
    // After an error, a kernel may refuse writes without reporting it above: an unnamed temporary file finds out.
    match open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR) {
        Err(refused @ (Errno::ROFS | Errno::IO)) => Err(io::Error::from(refused).into()),
        _ => Ok(()),
    }
}

/// Whether this many bytes can be written without taking space that records need. True if the disk does not say.
pub fn has_room(folder: &Path, bytes: u64) -> bool {
    let Ok(disk) = statvfs(folder) else { return true };
    disk.f_bavail.saturating_mul(disk.f_frsize) >= bytes.saturating_add(KEPT_BYTES)
}
