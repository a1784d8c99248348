//! Compresses complete segments. A crash at any point leaves at least one intact form of each.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::journal::error::ReadError;
use crate::journal::segment::{self, Segment};
use crate::journal::space::has_room;
use crate::journal::walk::{Reached, Visit, walk_segment};

/// Suffix of a file that is being written. It is not a segment name, so readers ignore it.
const UNFINISHED: &str = ".new.gz";

/// Why a segment was not compressed.
#[derive(Debug, thiserror::Error)]
pub enum CompressError {
    /// It is damaged or cannot be read, or its copy cannot be read back. The plain segment stays.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// For example, the disk is full.
    #[error("{} cannot be compressed: {reason}", .path.display())]
    Write { path: PathBuf, reason: String },
    /// The disk has no room for both forms and for new records.
    #[error("{} cannot be compressed: not enough disk space", .0.display())]
    NoRoom(PathBuf),
    /// The copy differs from the original.
    #[error("{} cannot be compressed: the compressed copy does not match the original", .0.display())]
    Differs(PathBuf),
}

/// The result of a compression run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compressed {
    pub segments: u64,
    /// Total size before, in bytes.
    pub before: u64,
    /// Total size after, in bytes.
    pub after: u64,
}

/// Compresses all plain segments, oldest first, whose records end at or before `up_to`, except the last segment.
/// Removes leftovers of an earlier run. Only one process may do this at a time.
///
/// # Errors
///
/// See [`CompressError`]. Earlier segments stay compressed; the one it names stays plain.
pub fn compress(folder: &Path, up_to: u64, stop: &dyn Fn() -> bool) -> Result<Compressed, CompressError> {
    let disk = |error| ReadError::disk(folder, &error);
    remove_unfinished(folder).map_err(disk)?;
    let segments = Segment::list(folder).map_err(disk)?;
    let mut done = Compressed::default();
    for (segment, next) in segments.iter().zip(segments.iter().skip(1)) {
        if stop() {
            break;
        }
        if !segment.is_compressed() && next.first - 1 <= up_to {
            let bytes = fs::metadata(&segment.path).map_err(disk)?.len();
            if !has_room(folder, bytes) {
                return Err(CompressError::NoRoom(segment.path.clone()));
            }
            let Some((before, after)) = compress_one(folder, segment, next.first, stop)? else { break };
            done.segments += 1;
            done.before += before;
            done.after += after;
        }
    }
    Ok(done)
}

/// Writes the compressed form to a new file, reads it back, and then replaces the plain one. Returns the size of both,
/// or `None` if stopped.
fn compress_one(
    folder: &Path,
    plain: &Segment,
    end: u64,
    stop: &dyn Fn() -> bool,
) -> Result<Option<(u64, u64)>, CompressError> {
    let target = plain.compressed();
    let unfinished = plain.path.with_file_name(format!("{:020}{UNFINISHED}", plain.first));
    let unfinished = Segment { first: plain.first, path: unfinished };
    let write = |error: io::Error| CompressError::Write { path: plain.path.clone(), reason: error.to_string() };
    let packed = pack(plain, end, &unfinished.path, stop).inspect_err(|_| {
        // A partial file is useless and takes space that records need.
        let _gone = fs::remove_file(&unfinished.path);
    });
    let Some((reached, before)) = packed? else {
        fs::remove_file(&unfinished.path).map_err(write)?;
        return Ok(None);
    };
    let read_back = read_back(&unfinished, end);
    if !matches!(read_back, Ok(again) if (again.seq, again.hash) == (reached.seq, reached.hash)) {
        fs::remove_file(&unfinished.path).map_err(write)?;
        read_back?;
        return Err(CompressError::Differs(plain.path.clone()));
    }
    let after = fs::metadata(&unfinished.path).map_err(write)?.len();
    let replace = || {
        fs::rename(&unfinished.path, &target.path)?;
        segment::sync_folder(folder)?;
        fs::remove_file(&plain.path)?;
        segment::sync_folder(folder)
    };
    replace().map_err(write)?;
    Ok(Some((before, after)))
}

/// Verifies a segment's records and writes them compressed. Leaves out unacknowledged data at its end.
fn pack(
    plain: &Segment,
    end: u64,
    path: &Path,
    stop: &dyn Fn() -> bool,
) -> Result<Option<(Reached, u64)>, CompressError> {
    let write = |error: io::Error| CompressError::Write { path: plain.path.clone(), reason: error.to_string() };
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).map_err(write)?;
    let mut packer = GzEncoder::new(BufWriter::new(file), Compression::default());
    let (mut failure, mut stopped) = (None, false);
    let mut reached = Reached { seq: plain.first - 1, ..Reached::default() };
    let visit: Visit = &mut |_, text| {
        let written = packer.write_all(text.as_bytes()).and_then(|()| packer.write_all(b"\n"));
        failure = written.err();
        stopped = stop();
        Ok(if failure.is_some() || stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    };
    let _broken_off = walk_segment(plain, Some(end), plain.first - 1, &mut reached, visit)?;
    if let Some(failure) = failure {
        return Err(write(failure));
    }
    if stopped {
        return Ok(None);
    }
    let finish =
        || -> io::Result<()> { packer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all() };
    finish().map_err(write)?;
    Ok(Some((reached, reached.whole)))
}

fn read_back(compressed: &Segment, end: u64) -> Result<Reached, ReadError> {
    let mut reached = Reached { seq: compressed.first - 1, ..Reached::default() };
    let visit: Visit = &mut |line, _| line.at().map(|_| ControlFlow::Continue(()));
    let _never_broken = walk_segment(compressed, Some(end), compressed.first - 1, &mut reached, visit)?;
    Ok(reached)
}

/// Removes files left by an interrupted run.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(UNFINISHED) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}
