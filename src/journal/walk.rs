//! A walk along the record's lines, over all of its files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;
use crate::journal::error::{Damage, Fault, ReadError};
use crate::journal::line::Line;
use crate::journal::segment::Segment;
use crate::journal::{Found, Reader};

/// Reads ahead by this much.
const READ_AHEAD: usize = 256 << 10;

/// Where a walk has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reached {
    /// The last record's number.
    pub seq: u64,
    /// Its hash; `None` before the first that was visited.
    pub hash: Option<Digest>,
    /// In the last file that was read: up to where it holds whole records.
    pub whole: u64,
    /// In the last file that was read: how many bytes of a torn record follow.
    pub torn: u64,
}

/// What to do with each line; it may stop the walk.
pub type Visit<'a> = &'a mut dyn FnMut(&Line<'_>, &str) -> Result<ControlFlow<()>, Fault>;

/// Visits all records after `after`, each verified against the one before.
///
/// # Errors
///
/// Damage, or a file that cannot be read. A torn last line is none: it was never answered.
pub fn walk(folder: &Path, after: u64, visit: Visit<'_>) -> Result<Reached, ReadError> {
    let segments = Segment::list(folder).map_err(|error| ReadError::disk(folder, &error))?;
    let Some(oldest) = segments.first() else { return Ok(Reached::default()) };
    if oldest.first != 1 {
        return Err(damage(oldest, 1, 0, Fault::Missing).into());
    }
    let from = segments.iter().rposition(|segment| segment.first <= after.max(1)).unwrap_or(0);
    let mut reached = Reached { seq: segments[from].first - 1, ..Reached::default() };
    if reached.seq == 0 {
        reached.hash = Some(Digest::ZERO);
    }
    for (index, segment) in segments.iter().enumerate().skip(from) {
        let end = segments.get(index + 1).map(|next| next.first);
        if walk_segment(segment, end, after, &mut reached, visit)?.is_break() {
            break;
        }
    }
    Ok(reached)
}

/// Visits the records of one segment after `after`, up to those that the next one (`end`) has too.
///
/// # Errors
///
/// As [`walk`].
pub fn walk_segment(
    segment: &Segment,
    end: Option<u64>,
    after: u64,
    reached: &mut Reached,
    visit: Visit<'_>,
) -> Result<ControlFlow<()>, ReadError> {
    let mut lines = Lines::open(segment, end.is_none())?;
    (reached.whole, reached.torn) = (0, 0);
    while end.is_none_or(|end| reached.seq + 1 < end) {
        let Some(bytes) = lines.next().map_err(|error| ReadError::disk(&segment.path, &error))? else {
            return match end {
                Some(_) => Err(lines.damage(Fault::Missing).into()),
                None if lines.is_whole_but_for_its_end() => Err(lines.damage(Fault::NotARecord).into()),
                None => {
                    reached.torn = lines.torn;
                    Ok(ControlFlow::Continue(()))
                }
            };
        };
        let step = step(bytes, after, reached, visit);
        match step {
            Ok(flow) => {
                reached.whole = lines.after;
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            Err(fault) if end.is_none() && lines.is_unwritten()? => {
                reached.torn = lines.torn;
                tracing::debug!(%fault, "the last block was never written");
                return Ok(ControlFlow::Continue(()));
            }
            Err(fault) => return Err(lines.damage(fault).into()),
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn step(bytes: &[u8], after: u64, reached: &mut Reached, visit: Visit<'_>) -> Result<ControlFlow<()>, Fault> {
    // Records that nobody asked for are counted, but for the last of them: the chain is verified from there on.
    if reached.seq + 1 < after {
        reached.seq += 1;
        reached.hash = None;
        return Ok(ControlFlow::Continue(()));
    }
    let line = Line::verify(bytes)?;
    if line.seq != reached.seq + 1 {
        return Err(Fault::WrongSeq);
    }
    if reached.hash.is_some_and(|hash| hash != line.prev) {
        return Err(Fault::WrongPrevious);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::NotARecord)?;
    let flow = if line.seq > after { visit(&line, text)? } else { ControlFlow::Continue(()) };
    (reached.seq, reached.hash) = (line.seq, Some(line.hash));
    Ok(flow)
}

/// The lines of one file, with their places.
struct Lines<'a> {
    segment: &'a Segment,
    input: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    start: u64,
    after: u64,
    torn: u64,
}

impl<'a> Lines<'a> {
    fn open(segment: &'a Segment, is_last: bool) -> Result<Self, ReadError> {
        let file = match File::open(&segment.path) {
            // An empty last segment may be replaced at any time.
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_last => File::open("/dev/null"),
            other => other,
        };
        let file = file.map_err(|error| ReadError::disk(&segment.path, &error))?;
        let input = BufReader::with_capacity(READ_AHEAD, file);
        Ok(Self { segment, input, line: Vec::new(), number: 0, start: 0, after: 0, torn: 0 })
    }

    /// The next whole line without its end.
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let length = self.input.read_until(b'\n', &mut self.line)?;
        (self.number, self.start) = (self.number + 1, self.after);
        match self.line.split_last() {
            Some((b'\n', line)) => {
                self.after += length as u64;
                Ok(Some(line))
            }
            _ => {
                self.torn = length as u64;
                Ok(None)
            }
        }
    }

    /// Whether the last line is a record followed by a byte that once was the line's end.
    fn is_whole_but_for_its_end(&self) -> bool {
        self.line.split_last().is_some_and(|(_, line)| Line::verify(line).is_ok())
    }

    /// Whether the file ends in blocks that a power cut left unwritten: zeros, and no record behind them.
    fn is_unwritten(&mut self) -> Result<bool, ReadError> {
        let disk = |error| ReadError::disk(&self.segment.path, &error);
        let mut rest = std::mem::take(&mut self.line);
        self.input.seek(SeekFrom::Start(self.start)).map_err(disk)?;
        rest.clear();
        self.input.read_to_end(&mut rest).map_err(disk)?;
        self.torn = rest.len() as u64;
        let record_follows = rest.split(|byte| *byte == b'\n').any(|line| Line::verify(line).is_ok());
        Ok(rest.contains(&0) && !record_follows)
    }

    fn damage(&self, fault: Fault) -> Damage {
        damage(self.segment, self.number, self.start, fault)
    }
}

fn damage(segment: &Segment, line: u64, byte: u64, fault: Fault) -> Damage {
    Damage { segment: segment.path.clone(), first: segment.first, line, byte, fault }
}

/// Reads a folder's record, also while a daemon appends to it.
#[derive(Debug, Clone)]
pub struct FolderReader {
    folder: PathBuf,
}

impl FolderReader {
    /// For the folder that holds the segments.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl Reader for FolderReader {
    fn read_after(&self, seq: u64, visit: &mut dyn FnMut(Found<'_>) -> ControlFlow<()>) -> Result<(), ReadError> {
        let visit: Visit = &mut |line, text| Ok(visit(Found { record: line.record()?, hash: line.hash, line: text }));
        walk(&self.folder, seq, visit).map(drop)
    }

    fn hash_at(&self, seq: u64) -> Result<Option<Digest>, ReadError> {
        let mut hash = (seq == 0).then_some(Digest::ZERO);
        if seq > 0 {
            let visit: Visit = &mut |line, _| {
                hash = Some(line.hash);
                Ok(ControlFlow::Break(()))
            };
            walk(&self.folder, seq - 1, visit)?;
        }
        Ok(hash)
    }
}
