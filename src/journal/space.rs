//! Whether a folder's disk has room for more records.

use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags, StatVfsMountFlags, open, statvfs};
use rustix::io::Errno;

use crate::journal::error::JournalError;

/// A batch of records has surely room in so many bytes.
pub const RECORD_BYTES: u64 = 256 * 1_024;

/// What is written without need leaves so much for records: thousands of incidents.
const KEPT_BYTES: u64 = 16 << 20;

/// Whether so many bytes could be written next, by the disk's own word. It may hang with the disk.
///
/// # Errors
///
/// Why not. Where the disk gives no word it is taken to have room: writing will tell.
pub fn room(folder: &Path, bytes: u64) -> Result<(), JournalError> {
    if let Ok(disk) = statvfs(folder) {
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(JournalError::ReadOnly);
        }
        if disk.f_bavail.saturating_mul(disk.f_frsize) < bytes {
            return Err(JournalError::DiskFull);
        }
    }
    // After an error a kernel may refuse to write without saying so above: a file without a name, gone at once, finds out.
    match open(folder, OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR) {
        Err(refused @ (Errno::ROFS | Errno::IO)) => Err(io::Error::from(refused).into()),
        _ => Ok(()),
    }
}

/// Whether so much can be written beside, without taking what records will need. Where the disk does not say, it can.
pub fn has_room(folder: &Path, bytes: u64) -> bool {
    let Ok(disk) = statvfs(folder) else { return true };
    disk.f_bavail.saturating_mul(disk.f_frsize) >= bytes.saturating_add(KEPT_BYTES)
}
