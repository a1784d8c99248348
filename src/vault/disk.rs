//! How data keys are written to the disk.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A size that the data keys of any batch fit in.
pub const ROOM_BYTES: usize = 4_096;

/// Writes and syncs data keys; tests use an implementation that fails.
pub trait Disk: fmt::Debug + Send + Sync {
    /// Writes bytes at an offset. They may not be durable yet when it returns.
    ///
    /// # Errors
    ///
    /// Any I/O error; some of the bytes may have been written.
    fn write(&self, file: &File, bytes: &[u8], at: u64) -> io::Result<()>;

    /// Makes sure that what was written survives a power cut.
    ///
    /// # Errors
    ///
    /// Any I/O error. Data written since the last sync may then be lost, although reads still return it.
    fn sync(&self, file: &File) -> io::Result<()>;
}

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
