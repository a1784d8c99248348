//! Reads the lines of one segment, plain or compressed, with their positions.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::bufread::GzDecoder;

use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::line::Line;
use crate::journal::segment::Segment;

/// Read-ahead size in bytes.
const READ_AHEAD: usize = 256 << 10;

/// A block that was never written has at least this many zeros, unless the file ends in it. Fewer are damage.
const UNWRITTEN_ZEROS: usize = 16;

/// The lines of one file with their positions. Positions refer to the plain text, whatever form the file has.
pub(in crate::journal) struct Lines {
    /// The file being read: the compressed one if the plain one is gone.
    segment: Segment,
    input: Input,
    line: Vec<u8>,
    /// The last line read, counted from 1.
    pub(in crate::journal) number: u64,
    start: u64,
    /// The byte after that line.
    pub(in crate::journal) after: u64,
    /// The length of a trailing line without a newline.
    pub(in crate::journal) torn: u64,
}

/// What follows the last valid line of a plain file.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::journal) struct Rest {
    pub(in crate::journal) bytes: u64,
    has_zeros: bool,
    /// Whether any of it is a record.
    pub(in crate::journal) has_record: bool,
}

impl Rest {
    /// Whether it starts with blocks that a power cut left unwritten: zeros, with no record after them.
    pub(in crate::journal) fn is_unwritten(self) -> bool {
        self.has_zeros && !self.has_record
    }
}

enum Input {
    Plain(BufReader<File>),
    Compressed(Box<BufReader<GzDecoder<BufReader<File>>>>),
}

impl Lines {
    /// Opens a file and starts at the given byte, after the given number of lines.
    pub(in crate::journal) fn open(
        segment: &Segment,
        is_last: bool,
        byte: u64,
        number: u64,
    ) -> Result<Self, ReadError> {
        let (segment, file) = open(segment, is_last)?;
        let mut lines = Self {
            input: Input::over(file, segment.is_compressed()),
            segment,
            line: Vec::new(),
            number,
            start: byte,
            after: byte,
            torn: 0,
        };
        let skipped = lines.input.skip(byte);
        skipped.map_err(|error| lines.trouble(&error))?;
        Ok(lines)
    }

    /// The next complete line without its newline.
    pub(in crate::journal) fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        self.line.clear();
        (self.number, self.start) = (self.number + 1, self.after);
        let read = self.input.read_line(&mut self.line);
        let length = read.map_err(|error| self.trouble(&error))?;
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

    pub(in crate::journal) fn is_compressed(&self) -> bool {
        matches!(self.input, Input::Compressed(_))
    }

    /// Checks the end of a compressed file after the last wanted line: it must end there, with a valid checksum.
    pub(in crate::journal) fn finish(&mut self) -> Result<(), ReadError> {
        if self.is_compressed() && self.next()?.is_some_and(|_| true) {
            return Err(self.damage(Fault::WrongSeq).into());
        }
        if self.is_compressed() && (self.torn > 0 || self.input.has_more_behind()) {
            return Err(self.damage(Fault::NotARecord).into());
        }
        Ok(())
    }

    /// Whether the last line is a record whose newline was replaced by another byte.
    pub(in crate::journal) fn is_whole_but_for_its_end(&self) -> bool {
        self.line.split_last().is_some_and(|(_, line)| Line::verify(line).is_ok())
    }

    /// What a plain file contains from the last line read onward.
    pub(in crate::journal) fn rest(&mut self) -> Result<Rest, ReadError> {
        let Input::Plain(input) = &mut self.input else { return Ok(Rest::default()) };
        let disk = |error| ReadError::disk(&self.segment.path, &error);
        let mut rest = std::mem::take(&mut self.line);
        input.seek(SeekFrom::Start(self.start)).map_err(disk)?;
        rest.clear();
        input.read_to_end(&mut rest).map_err(disk)?;
        let is_record = |line: &[u8]| Line::verify(line).is_ok();
        Ok(Rest {
            bytes: rest.len() as u64,
            has_zeros: rest.ends_with(&[0]) || rest.windows(UNWRITTEN_ZEROS).any(|bytes| bytes == [0; UNWRITTEN_ZEROS]),
            has_record: rest.split(|byte| *byte == b'\n').any(is_record),
        })
    }

    /// Describes damage at the last line read.
    pub(in crate::journal) fn damage(&self, fault: Fault) -> Damage {
        let (segment, first, cure) = (self.segment.path.clone(), self.segment.first, Cure::PutBack);
        Damage { segment, first, line: self.number.max(1), byte: self.start, fault, cure }
    }

    /// Classifies an error: failed decompression is damage, anything else is an I/O error.
    fn trouble(&self, error: &io::Error) -> ReadError {
        let kinds = [io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];
        if self.is_compressed() && kinds.contains(&error.kind()) {
            self.damage(Fault::NotUnpacked).into()
        } else {
            ReadError::disk(&self.segment.path, error)
        }
    }
}

impl Input {
    fn over(file: File, is_compressed: bool) -> Self {
        let input = BufReader::with_capacity(READ_AHEAD, file);
        if is_compressed {
            Self::Compressed(Box::new(BufReader::with_capacity(READ_AHEAD, GzDecoder::new(input))))
        } else {
            Self::Plain(input)
        }
    }

    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        match self {
            Self::Plain(input) => input.seek(SeekFrom::Start(bytes)).map(drop),
            Self::Compressed(input) => {
                let skipped = io::copy(&mut input.by_ref().take(bytes), &mut io::sink())?;
                if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
            }
        }
    }

    fn read_line(&mut self, line: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read_until(b'\n', line),
            Self::Compressed(input) => input.read_until(b'\n', line),
        }
    }

    /// Whether the file continues after the compressed data.
    fn has_more_behind(&mut self) -> bool {
        match self {
            Self::Plain(_) => false,
            Self::Compressed(input) => input.get_mut().get_mut().fill_buf().is_ok_and(|rest| !rest.is_empty()),
        }
    }
}

/// Opens a segment in its current form: it may have been compressed since it was listed.
fn open(segment: &Segment, is_last: bool) -> Result<(Segment, File), ReadError> {
    let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    let (segment, file) = match File::open(&segment.path) {
        Err(error) if is_gone(&error) => {
            let other = segment.compressed();
            let file = File::open(&other.path);
            if file.as_ref().is_err_and(is_gone) { (segment.clone(), Err(error)) } else { (other, file) }
        }
        other => (segment.clone(), other),
    };
    match file {
        // An empty last segment may be replaced at any time.
        Err(error) if is_gone(&error) && is_last => {
            let nothing = File::open("/dev/null").map_err(|error| ReadError::disk("/dev/null", &error))?;
            Ok((segment.plain(), nothing))
        }
        Err(error) => Err(ReadError::disk(&segment.path, &error)),
        Ok(file) => Ok((segment, file)),
    }
}

/// All readable content of a segment, for repairs: for a compressed one, everything before the first damage.
///
/// # Errors
///
/// Any I/O error.
pub fn readable(path: &std::path::Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let is_compressed = path.extension().is_some_and(|end| end == "gz");
    let mut bytes = Vec::new();
    match Input::over(file, is_compressed) {
        Input::Plain(mut input) => drop(input.read_to_end(&mut bytes)?),
        // Verification reports the error.
        Input::Compressed(mut input) => drop(input.read_to_end(&mut bytes).unwrap_or_default()),
    }
    Ok(bytes)
}

/// The plain text of a segment, whatever its current form.
///
/// # Errors
///
/// Any I/O error.
pub fn plain_text(segment: &Segment) -> Result<Box<dyn Read>, ReadError> {
    let (segment, file) = open(segment, false)?;
    Ok(match Input::over(file, segment.is_compressed()) {
        Input::Plain(input) => Box::new(input),
        Input::Compressed(input) => input,
    })
}
