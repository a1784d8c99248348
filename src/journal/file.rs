//! The record as files of one folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::Errno;

use crate::journal::base::{Layout, layout};
use crate::journal::error::{AppendError, Cure, Damage, Fault, JournalError, Leftover, OpenError, ReadError};
use crate::journal::line::{self, Line};
use crate::journal::owner::hand_over;
use crate::journal::record::Entry;
use crate::journal::segment::{self, SEGMENT_BYTES, Segment};
use crate::journal::walk::{FolderReader, Reached, Visit, walk_segment};
use crate::journal::{Head, Journal, Reader, Written};

/// A buffer that has grown beyond this is given back after its batch.
const BUFFER_KEPT: usize = 4 << 20;

/// A process that is ending holds the lock for a moment still: it is tried this often.
const LOCK_TRIES: u32 = 25;

/// The pause between those.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// The record as files of one folder, which no other process appends to meanwhile.
#[derive(Debug)]
pub struct FileJournal {
    folder: PathBuf,
    head: Head,
    /// `None` after a failure: what was not written may be lost in the kernel, so that handle is never used again.
    active: Option<Active>,
    buffer: Vec<u8>,
    segment_bytes: u64,
    _lock: File,
}

#[derive(Debug)]
struct Active {
    file: File,
    /// So much of it survives a power cut.
    durable: u64,
}

/// Whether what a handle says of its flushes counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// None has failed.
    Trusted,
    /// One has: what it was to write may be lost, and no later one says so.
    Failed,
}

/// What was found at the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The bytes of a torn last record, never answered, that were cut off.
    pub cut_bytes: u64,
}

impl FileJournal {
    /// Opens the record of a folder, or begins one; verifies the chain of the last segment and cuts off a torn end.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; nothing has changed then.
    pub fn open(folder: &Path) -> Result<(Self, Opened), OpenError> {
        if !folder.is_dir() {
            segment::create_folder(folder).map_err(|error| OpenError::setup(folder, error))?;
        }
        let lock = lock(folder)?;
        let layout = layout(folder)?;
        let segments = &layout.segments;
        if segments.is_empty() && segment::restoring(folder).exists() {
            return Err(OpenError::Unfinished(folder.to_owned()));
        }
        let (head, reached) = find_head(&layout)?;
        let active = match segments.last().filter(|last| !last.is_compressed()) {
            Some(last) => match reopen(last, reached) {
                // What is open is paged all the same; the next batch finds out whether it can be written by then.
                Err(error) if is_read_only(&error) => None,
                other => Some(other.map_err(|error| OpenError::setup(&last.path, error))?),
            },
            None => None,
        };
        let (buffer, folder) = (Vec::new(), folder.to_owned());
        let journal = Self { folder, head, active, buffer, segment_bytes: SEGMENT_BYTES, _lock: lock };
        Ok((journal, Opened { cut_bytes: reached.torn }))
    }

    /// The same with smaller segments.
    #[must_use]
    pub fn with_segment_bytes(mut self, segment_bytes: u64) -> Self {
        self.segment_bytes = segment_bytes;
        self
    }

    /// Puts all entries into the buffer, each hanging on the one before.
    fn encode(&mut self, entries: &[Entry]) -> Result<Vec<Written>, JournalError> {
        let mut written = Vec::with_capacity(entries.len());
        let (mut seq, mut prev) = (self.head.seq, self.head.hash);
        self.buffer.clear();
        for entry in entries {
            let start = self.buffer.len();
            seq += 1;
            prev = line::encode(&mut self.buffer, seq, prev, entry)?;
            let line = std::str::from_utf8(&self.buffer[start..]);
            let line = line.map_err(|error| JournalError::Unwritable(error.to_string()))?;
            written.push(Written { seq, hash: prev, line: line.into() });
            self.buffer.push(b'\n');
        }
        Ok(written)
    }

    /// The segment that the next batch goes to.
    fn active(&mut self) -> Result<&mut Active, JournalError> {
        let usable = self.active.take().filter(|active| active.durable < self.segment_bytes);
        let active = match usable {
            Some(active) => active,
            None => self.fresh()?,
        };
        Ok(self.active.insert(active))
    }

    /// A batch failed: what was written of it must not be found by anybody. Its handle is never used again.
    fn give_up(&mut self, error: &io::Error, flush: Flush) -> AppendError {
        let cut = self.active.take().map(|active| {
            active.file.set_len(active.durable)?;
            active.file.sync_all()
        });
        // A handle whose flush has failed says once more that all is well, and knows nothing.
        let is_cut = flush == Flush::Trusted && matches!(cut, Some(Ok(())));
        let leftover = if is_cut || self.shut_out() { Leftover::None } else { Leftover::Possible };
        AppendError { reason: JournalError::of(error), leftover }
    }

    /// Begins the next segment: its number tells readers to stop before what a failed batch has left in the last one.
    fn shut_out(&mut self) -> bool {
        self.active = self.fresh().ok();
        self.active.is_some()
    }

    fn fresh(&self) -> Result<Active, JournalError> {
        let segment = Segment::beginning(&self.folder, self.head.seq + 1);
        if segment.path.exists() {
            // It holds nothing that was answered: else the next record would have another number.
            fs::remove_file(&segment.path)?;
        }
        Ok(Active { file: segment.create(&self.folder)?, durable: 0 })
    }
}

impl Journal for FileJournal {
    fn append(&mut self, entries: &[Entry]) -> Result<Vec<Written>, AppendError> {
        let Some(last) = entries.last() else { return Ok(Vec::new()) };
        let written = self.encode(entries)?;
        let buffer = std::mem::take(&mut self.buffer);
        let active = self.active()?;
        if let Err(error) = active.file.write_all(&buffer) {
            return Err(self.give_up(&error, Flush::Trusted));
        }
        if let Err(error) = active.file.sync_data() {
            return Err(self.give_up(&error, Flush::Failed));
        }
        active.durable += buffer.len() as u64;
        self.buffer = if buffer.capacity() > BUFFER_KEPT { Vec::new() } else { buffer };
        if let Some(end) = written.last() {
            self.head = Head { seq: end.seq, at: Some(last.at), hash: end.hash };
        }
        Ok(written)
    }

    fn head(&self) -> Head {
        self.head
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(FolderReader::new(&self.folder))
    }
}

/// Makes sure that nobody else appends to a folder's record while the file is held.
///
/// # Errors
///
/// [`OpenError::InUse`] where somebody does, [`OpenError::Restoring`] where a backup is being put there.
pub fn lock(folder: &Path) -> Result<File, OpenError> {
    let path = folder.join("lock");
    let setup = |error| OpenError::setup(&path, error);
    for _ in 0..LOCK_TRIES {
        // What is no file is told rather than waited for.
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = match options.open(&path) {
            Err(error) if is_read_only(&error) => File::open(&path).map_err(|_| error),
            other => other,
        };
        let file = file.map_err(setup)?;
        hand_over(&file, folder);
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) if is_named(&file, &path).map_err(setup)? => return Ok(file),
            Ok(()) | Err(Errno::WOULDBLOCK) => thread::sleep(LOCK_PAUSE),
            Err(error) => return Err(setup(error.into())),
        }
    }
    let is_restoring = segment::restoring(folder).exists();
    Err(if is_restoring { OpenError::Restoring } else { OpenError::InUse }(folder.to_owned()))
}

/// Whether a file has that name still: a record that was put back meanwhile brought a lock of its own.
fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.dev(), named.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The end of the record, and where the last segment's whole records end.
///
/// Only the last segment that holds a record is read: a start must be quick. `wardbell audit verify` reads all.
fn find_head(layout: &Layout) -> Result<(Head, Reached), ReadError> {
    let (segments, (start, start_hash)) = (&layout.segments, layout.start());
    let mut last: Option<Reached> = None;
    for (index, segment) in segments.iter().enumerate().rev() {
        let end = segments.get(index + 1).map(|next| next.first);
        let mut head = Head { seq: segment.first - 1, ..Head::START };
        let (after, hash) = (head.seq, (segment.first == start + 1).then_some(start_hash));
        let mut reached = Reached { seq: after, hash, ..Reached::default() };
        let visit: Visit = &mut |line: &Line<'_>, _| {
            head = Head { seq: line.seq, at: Some(line.at()?), hash: line.hash };
            Ok(ControlFlow::Continue(()))
        };
        let _never_broken = walk_segment(segment, end, after, &mut reached, visit)?;
        let of_last = *last.get_or_insert(reached);
        if head.at.is_some() {
            return Ok((head, of_last));
        }
    }
    if layout.base.is_some() {
        // What follows upon what was pruned holds the checkpoint at least.
        let oldest = segments.first().cloned().unwrap_or_else(|| Segment::beginning(Path::new(""), start + 1));
        let (segment, fault, cure) = (oldest.path, Fault::Missing, Cure::PutBack);
        return Err(Damage { segment, first: oldest.first, line: 1, byte: 0, fault, cure }.into());
    }
    Ok((Head::START, last.unwrap_or_default()))
}

/// Whether it cannot be written because the whole disk cannot.
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(JournalError::of(error), JournalError::ReadOnly)
}

fn reopen(last: &Segment, reached: Reached) -> io::Result<Active> {
    let file = last.append_to()?;
    if reached.torn > 0 {
        file.set_len(reached.whole)?;
    }
    // Records that are read now may have been on their way to the disk when the process ended.
    file.sync_data()?;
    Ok(Active { file, durable: reached.whole })
}
