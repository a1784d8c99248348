//! How data keys reach the disk.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The data keys of a batch have surely room in so many bytes.
pub const ROOM_BYTES: usize = 4_096;

/// What is asked to keep data keys, and to destroy them; tests have one that fails.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Writes bytes from a place in a file on; they may be in memory alone still when it returns.
    ///
    /// # Errors
    ///
    /// The system's; some of them may be written then.
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Makes sure that what was written survives a power cut.
    ///
    /// # Errors
    ///
    /// The system's. What was written since the last time may be lost then, although it is read as written.
    fn sync(&self, file: &File) -> io::Result<()>;
}

/// The operating system.
#[derive(Debug)]
pub struct System;

impl Disk for System {
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
        file.write_all_at(bytes, at)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
