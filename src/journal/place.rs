//! Locks the record's folder, and checks that it is still in place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, StatVfsMountFlags, flock, fstatvfs};
use rustix::io::Errno;

use crate::journal::error::{JournalError, OpenError, is_read_only};
use crate::journal::owner::hand_over;
use crate::journal::segment;

/// How often to try the lock: a process that is exiting keeps it for a moment.
const LOCK_TRIES: u32 = 25;

/// The pause between tries.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Keeps other processes from appending to a folder's record: locks a file in it, and the folder itself because the
/// file may be deleted.
#[derive(Debug)]
pub struct Lock {
    /// `None` if it cannot be locked; then the folder is locked instead.
    _file: Option<File>,
    folder: File,
    path: PathBuf,
}

impl Lock {
    /// Whether the folder is still where it was when it was locked.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn is_in_place(&self) -> io::Result<bool> {
        is_named(&self.folder, &self.path)
    }

    /// Whether its disk is mounted read-only, as far as the system reports.
    pub fn is_read_only(&self) -> bool {
        fstatvfs(&self.folder).is_ok_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY))
    }
}

/// Makes sure that no other process appends to a folder's record while the lock is held.
///
/// # Errors
///
/// [`OpenError::InUse`] if another process has it, [`OpenError::Restoring`] if a backup is being restored there.
pub fn lock(folder: &Path) -> Result<Lock, OpenError> {
    let held = try_hold(folder)?;
    let file = match lock_file(folder) {
        Ok(file) => Some(file),
        // The record is used even if its lock file cannot be locked: the folder lock keeps others out, too.
        Err(OpenError::Lock { path, reason }) if held.is_locked => {
            let path = path.display();
            tracing::warn!(
                %path,
                reason,
                "this file cannot be locked, so its folder is locked instead: if it is not an empty file, remove it while \
                 Wardbell is stopped"
            );
            None
        }
        Err(error) => return Err(error),
    };
    Ok(Lock { _file: file, folder: held.folder, path: folder.to_owned() })
}

/// The same, using only the file in the folder.
///
/// # Errors
///
/// The errors of [`lock`], and [`OpenError::Lock`] if the file cannot be locked.
pub fn lock_file(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let setup = |error: io::Error| match JournalError::of(&error) {
        // The disk is the problem, not the file.
        reason @ (JournalError::DiskFull | JournalError::ReadOnly) => OpenError::Setup { path: path.clone(), reason },
        _ => OpenError::Lock { path: path.clone(), reason: error.to_string() },
    };
    for _ in 0..LOCK_TRIES {
        let file = open(&path).map_err(setup)?;
        hand_over(&file, folder);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_named(&file, &path).map_err(setup)? => return Ok(file),
            Ok(()) | Err(Errno::WOULDBLOCK) => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(setup(error.into())),
        }
    }
    Err(busy(folder))
}

/// Locks the folder itself against other processes that do the same.
///
/// # Errors
///
/// The errors of [`lock`].
pub fn hold(folder: &Path) -> Result<File, OpenError> {
    try_hold(folder).map(|held| held.folder)
}

/// An open folder, and whether it is locked against others.
struct Held {
    folder: File,
    is_locked: bool,
}

fn try_hold(folder: &Path) -> Result<Held, OpenError> {
    let setup = |error| OpenError::setup(folder, error);
    for _ in 0..LOCK_TRIES {
        let held = File::open(folder).map_err(setup)?;
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_named(&held, folder).map_err(setup)? => return Ok(Held { folder: held, is_locked: true }),
            Ok(()) | Err(Errno::WOULDBLOCK) => thread::sleep(LOCK_PAUSE),
            // Some network file systems can lock only files; the file in the folder remains.
            Err(Errno::BADF | Errno::INVAL | Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP) => {
                return Ok(Held { folder: held, is_locked: false });
            }
            Err(error) => return Err(setup(error.into())),
        }
    }
    Err(busy(folder))
}

/// Whether another process has locked a folder, as a daemon does with its record's folder.
pub fn is_held(folder: &Path) -> bool {
    let flocked = |held: File| flock(&held, FlockOperation::NonBlockingLockExclusive);
    File::open(folder).is_ok_and(|held| flocked(held) == Err(Errno::WOULDBLOCK))
}

/// Whether a file or folder still has this path. It may have been moved, deleted or replaced.
///
/// # Errors
///
/// Any I/O error.
pub fn is_named(held: &File, path: &Path) -> io::Result<bool> {
    let held = held.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

fn open(path: &Path) -> io::Result<File> {
    // Report anything that is not a file instead of blocking on it.
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    match options.open(path) {
        Err(error) if is_read_only(&error) => File::open(path).map_err(|_| error),
        other => other,
    }
}

fn busy(folder: &Path) -> OpenError {
    let is_restoring = segment::restoring(folder).exists();
    if is_restoring { OpenError::Restoring(folder.to_owned()) } else { OpenError::InUse(folder.to_owned()) }
}
