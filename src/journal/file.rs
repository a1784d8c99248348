//! The record as files in a folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::journal::base::{Layout, layout};
use crate::journal::error::{
    AppendError, Cure, Damage, Fault, JournalError, Leftover, OpenError, ReadError, is_read_only,
};
use crate::journal::folder_reader::FolderReader;
use crate::journal::line::{self, Line};
use crate::journal::place::{Lock, is_named, lock};
use crate::journal::port::{Epoch, Head, Journal, Reader, Written};
use crate::journal::record::Entry;
use crate::journal::segment::{self, SEGMENT_BYTES, Segment};
use crate::journal::walk::{Reached, Visit, walk_segment};

/// A larger buffer is freed after its batch.
const BUFFER_KEPT: usize = 4 << 20;

/// The record as files in a folder that is locked against other writers.
#[derive(Debug)]
pub struct FileJournal {
    folder: PathBuf,
    head: Head,
    /// `None` after a failure: unwritten data may be lost in the kernel, so that handle is never used again.
    active: Option<Active>,
    buffer: Vec<u8>,
    segment_bytes: u64,
    lock: Lock,
    /// The lock on the parent folder, which also contains the store.
    _beside: Option<File>,
}

#[derive(Debug)]
struct Active {
    file: File,
    path: PathBuf,
    /// The length that survives a power cut.
    durable: u64,
}

/// Whether a handle's flush results can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// No flush has failed.
    Trusted,
    /// A flush has failed: its data may be lost, and no later flush reports that.
    Failed,
}

/// What was found when the journal was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The length of an incomplete, never acknowledged last record that was removed.
    pub cut_bytes: u64,
}

impl FileJournal {
    /// Opens or creates the record in a folder; verifies the last segment's hash chain and removes an incomplete end.
    ///
    /// # Errors
    ///
    /// See [`OpenError`]; nothing has changed in that case.
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
                // Paging for open incidents continues; the next batch finds out whether the disk can be written to.
                Err(error) if is_read_only(&error) => None,
                other => Some(other.map_err(|error| OpenError::setup(&last.path, error))?),
            },
            None => None,
        };
        let (buffer, folder) = (Vec::new(), folder.to_owned());
        let journal = Self { folder, head, active, buffer, segment_bytes: SEGMENT_BYTES, lock, _beside: None };
        Ok((journal, Opened { cut_bytes: reached.torn }))
    }

    /// The same with smaller segments.
    #[must_use]
    pub fn with_segment_bytes(mut self, segment_bytes: u64) -> Self {
        self.segment_bytes = segment_bytes;
        self
    }

    /// The same, keeping a lock on the parent folder while the journal is open.
    #[must_use]
    pub fn holding(self, beside: File) -> Self {
        Self { _beside: Some(beside), ..self }
    }

    /// Encodes all entries into the buffer, continuing the hash chain.
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

    /// The segment for the next batch.
    fn active(&mut self) -> Result<&mut Active, JournalError> {
        let usable = self.active.take().filter(|active| active.durable < self.segment_bytes);
        let active = match usable {
            Some(active) => active,
            None => self.fresh()?,
        };
        Ok(self.active.insert(active))
    }

    /// Handles a failed batch: what was written of it must not be found by readers. Its handle is never used again.
    fn give_up(&mut self, error: &io::Error, flush: Flush) -> AppendError {
        let cut = self.active.take().map(|active| {
            active.file.set_len(active.durable)?;
            active.file.sync_all()
        });
        // After a failed flush, a handle may report success although data was lost.
        let is_cut = flush == Flush::Trusted && matches!(cut, Some(Ok(())));
        let leftover = if is_cut || self.shut_out() { Leftover::None } else { Leftover::Possible };
        AppendError { reason: JournalError::of(error), leftover }
    }

    /// Whether folder and segment are still where they were.
    fn is_in_place(&self) -> io::Result<bool> {
        let segment = self.active.as_ref().map_or(Ok(true), |active| is_named(&active.file, &active.path));
        Ok(self.lock.is_in_place()? && segment?)
    }

    /// Makes sure that new data is written where the record is. If the record was put back from elsewhere, it is used if
    /// it has the same end: the last hash covers everything before it. A second history is never started.
    fn find_place(&mut self) -> Result<(), JournalError> {
        // Checked before writing: data written to such a disk can be neither flushed nor truncated.
        if self.lock.is_read_only() {
            self.active = None;
            return Err(JournalError::ReadOnly);
        }
        if self.is_in_place()? {
            return Ok(());
        }
        let folder = &self.folder;
        if Segment::list(folder).map_or(true, |segments| segments.is_empty()) {
            return Err(JournalError::Gone(folder.clone()));
        }
        let replaced = || JournalError::Replaced(folder.clone());
        let lock = if self.lock.is_in_place()? { None } else { Some(lock(folder).map_err(|_| replaced())?) };
        let layout = layout(folder).map_err(|_| replaced())?;
        let (head, reached) = find_head(&layout).map_err(|_| replaced())?;
        if (head.seq, head.hash) != (self.head.seq, self.head.hash) {
            return Err(replaced());
        }
        let last = layout.segments.last().filter(|last| !last.is_compressed());
        self.active = last.map(|last| reopen(last, reached)).transpose()?;
        if let Some(lock) = lock {
            self.lock = lock;
        }
        tracing::warn!(folder = %self.folder.display(), "the record is available again: recording continues");
        Ok(())
    }

    /// Handles a batch that was written to a place where the record no longer is.
    fn take_back(&mut self, in_place: io::Result<bool>) -> AppendError {
        let reason = in_place.map_or_else(JournalError::from, |_| JournalError::Gone(self.folder.clone()));
        let active = self.active.take().filter(|active| {
            let cut = active.file.set_len(active.durable).and_then(|()| active.file.sync_all());
            cut.is_ok()
        });
        let leftover = if active.is_some() { Leftover::None } else { Leftover::Possible };
        self.active = active;
        AppendError { reason, leftover }
    }

    /// Starts the next segment: its number tells readers to stop before leftovers of a failed batch in the last one.
    fn shut_out(&mut self) -> bool {
        self.active = self.fresh().ok();
        self.active.is_some()
    }

    fn fresh(&self) -> Result<Active, JournalError> {
        let segment = Segment::beginning(&self.folder, self.head.seq + 1);
        if segment.path.exists() {
            // It contains nothing that was acknowledged; otherwise the next record would have another number.
            fs::remove_file(&segment.path)?;
        }
        Ok(Active { file: segment.create(&self.folder)?, path: segment.path, durable: 0 })
    }
}

impl Journal for FileJournal {
    fn append(&mut self, epoch: Epoch, entries: &[Entry]) -> Result<Vec<Written>, AppendError> {
        if epoch != Epoch::FIRST {
            return Err(JournalError::Fenced.into());
        }
        let Some(last) = entries.last() else { return Ok(Vec::new()) };
        let written = self.encode(entries)?;
        self.find_place()?;
        let buffer = std::mem::take(&mut self.buffer);
        let active = self.active()?;
        if let Err((error, written)) = write_all(&mut active.file, &buffer) {
            return Err(match written {
                // Nothing was written, so there is nothing to truncate.
                0 => {
                    self.active = None;
                    JournalError::from(error).into()
                }
                _ => self.give_up(&error, Flush::Trusted),
            });
        }
        if let Err(error) = active.file.sync_data() {
            return Err(self.give_up(&error, Flush::Failed));
        }
        // If the folder was moved meanwhile, the batch moved with it.
        let in_place = self.is_in_place();
        if !matches!(in_place, Ok(true)) {
            return Err(self.take_back(in_place));
        }
        if let Some(active) = &mut self.active {
            active.durable += buffer.len() as u64;
        }
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

/// The end of the record, and the end of the last segment's complete records.
///
/// Reads only the last segment with a record, so that startup is quick. `wardbell audit verify` reads everything.
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
        // After the pruned part, there is at least the checkpoint.
        let oldest = segments.first().cloned().unwrap_or_else(|| Segment::beginning(Path::new(""), start + 1));
        let (segment, fault, cure) = (oldest.path, Fault::Missing, Cure::PutBack);
        return Err(Damage { segment, first: oldest.first, line: 1, byte: 0, fault, cure }.into());
    }
    Ok((Head::START, last.unwrap_or_default()))
}

/// Writes everything, or returns how much was written before the failure.
fn write_all(file: &mut File, bytes: &[u8]) -> Result<(), (io::Error, usize)> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..]) {
            Ok(0) => return Err((io::ErrorKind::WriteZero.into(), written)),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err((error, written)),
        }
    }
    Ok(())
}

fn reopen(last: &Segment, reached: Reached) -> io::Result<Active> {
    let file = last.append_to()?;
    if reached.torn > 0 {
        file.set_len(reached.whole)?;
    }
    // Records found now may not have been durable when the last process ended.
    file.sync_data()?;
    Ok(Active { file, path: last.path.clone(), durable: reached.whole })
}
