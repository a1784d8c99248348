//! The yardstick: how many records the disk itself makes durable.

use std::fs::{OpenOptions, remove_file};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// As long as a record of the journal is, about.
const RECORD_BYTES: usize = 1_024;

/// Appends to a file of a folder, `together` records a write and an `fdatasync`, for a while.
pub fn records_per_second(folder: &Path, together: usize, lasting: Duration) -> Result<f64> {
    let path = folder.join("yardstick");
    let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
    let records = vec![b'x'; RECORD_BYTES * together];
    let (started, mut written) = (Instant::now(), 0);
    while started.elapsed() < lasting {
        file.write_all(&records)?;
        file.sync_data()?;
        written += together;
    }
    let rate = written as f64 / started.elapsed().as_secs_f64();
    remove_file(&path)?;
    Ok(rate)
}
