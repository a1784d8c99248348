//! What can go wrong with the record, in words for whoever keeps the machine.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::journal::segment::restoring;

/// Why something could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Out of space, or over a quota.
    #[error("the disk is full")]
    DiskFull,
    /// Mounted read-only, as the kernel does after errors.
    #[error("the disk is read-only")]
    ReadOnly,
    /// The user that the daemon runs as may not write there.
    #[error("no permission to write to its folder")]
    Forbidden,
    /// It is not where it was.
    #[error(
        "the record in {} was moved, deleted or unmounted. Mount it or put it back; recording then continues by itself. \
         Do not restart before that. If only this folder is lost and `store` next to it still exists, restart the daemon: \
         it restores the record from its store",
        .0.display()
    )]
    Gone(PathBuf),
    /// Another one is where it was.
    #[error(
        "{} contains another record, or an older copy of this one. Put the original back; recording then continues by \
         itself. If the original is lost, restart the daemon: it adds the records that its store has",
        .0.display()
    )]
    Replaced(PathBuf),
    /// Whatever else the system says.
    #[error("the disk cannot be written to: {0}")]
    Disk(String),
    /// Another writer has taken over.
    #[error("another node has taken over the record: this node can no longer write to it")]
    Fenced,
    /// An entry has no JSON form.
    #[error("an entry cannot be serialized: {0}")]
    Unwritable(String),
}

/// Why a batch was not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AppendError {
    /// Why.
    pub reason: JournalError,
    /// What is left of it.
    pub leftover: Leftover,
}

/// What is left on the disk of a batch that was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Nothing that counts: no reading will ever find it.
    None,
    /// Perhaps a part of it: where the process ends before the next batch is appended, the next one may find it and take it
    /// for recorded.
    Possible,
}

impl From<JournalError> for AppendError {
    /// Nothing was written.
    fn from(reason: JournalError) -> Self {
        Self { reason, leftover: Leftover::None }
    }
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        Self::of(&error)
    }
}

impl JournalError {
    /// What the system's word means.
    pub fn of(error: &io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::DiskFull,
            Some(Errno::ROFS) => Self::ReadOnly,
            Some(Errno::ACCESS | Errno::PERM) => Self::Forbidden,
            _ => Self::Disk(error.to_string()),
        }
    }
}

/// Why the record could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Something in it is not what was written.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The system does not let it be read.
    #[error("{} cannot be read: {reason}", .path.display())]
    Disk {
        /// The segment or folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
}

impl ReadError {
    /// The system's refusal of a path.
    pub fn disk(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::Disk { path: path.into(), reason: error.to_string() }
    }
}

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "another wardbell is running on {}\n\
         hint: stop it first (`systemctl stop wardbell`), or set another `path` under `[store]` for this one",
        .0.display()
    )]
    InUse(PathBuf),
    /// A backup is being put in its place.
    #[error("a `wardbell restore` into {} is in progress\nhint: wait until it has finished", .0.display())]
    Restoring(PathBuf),
    /// It is empty, as a backup was to be put in its place and was not.
    #[error(
        "a `wardbell restore` into {} was interrupted, and nothing is there yet\n\
         hint: run `wardbell restore FILE` again; it removes the leftovers first. To start an empty record instead, \
         remove {}",
        .0.display(),
        restoring(.0).display()
    )]
    Unfinished(PathBuf),
    /// It cannot be read, or is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What keeps a second process out cannot be had.
    #[error(
        "{} cannot be locked: {reason}\n\
         hint: this empty file only keeps a second wardbell out. Make sure that none is running, remove it, and start again",
        .path.display()
    )]
    Lock {
        /// Its file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It cannot be set up.
    #[error("{} cannot be prepared: {reason}", .path.display())]
    Setup {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        reason: JournalError,
    },
}

impl OpenError {
    /// The same about the record that a folder is held for.
    #[must_use]
    pub fn about(self, record: &Path) -> Self {
        match self {
            Self::InUse(_) => Self::InUse(record.to_owned()),
            Self::Restoring(_) => Self::Restoring(record.to_owned()),
            other => other,
        }
    }

    /// The system's refusal of a path.
    pub fn setup(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self::Setup { path: path.into(), reason: error.into() }
    }
}

/// A place in the record that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    /// The segment.
    pub segment: PathBuf,
    /// Its first record's number.
    pub first: u64,
    /// The line, from 1.
    pub line: u64,
    /// The line's first byte, from 0.
    pub byte: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// What helps.
    pub cure: Cure,
}

/// What helps against damage, beside the store's copy of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cure {
    /// The file as it was.
    PutBack,
    /// The file is the last one, and no record follows the place: a power cut may have left it so.
    CutOff,
    /// Files are missing, or a file does not belong there.
    FillIn {
        /// The first record that is missing.
        from: u64,
        /// The last one.
        to: u64,
        /// The file that comes next.
        next: PathBuf,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (segment, line, byte) = (self.segment.display(), self.line, self.byte);
        if let Cure::FillIn { from, to, next } = &self.cure {
            let (missing, next) = (Numbers(*from, *to), next.display());
            return write!(
                out,
                "the record has a gap: {missing} missing before {next}\n\
                 hint: copy the folder to a safe place first. {STORE}; otherwise restore the missing files from a backup. If \
                 {next} does not belong here, move it away instead"
            );
        }
        write!(out, "the record is damaged in {segment}, line {line}, byte {byte}: {}\nhint: ", self.fault)?;
        if self.fault == Fault::Unknown {
            return write!(out, "use that version or a later one");
        }
        write!(out, "copy the folder to a safe place first. {STORE}; otherwise restore this file from a backup")?;
        if self.cure == Cure::CutOff {
            write!(
                out,
                ". No record follows: if the machine lost power while it was writing, the incomplete data was never \
                 acknowledged, and `truncate -s {byte} {segment}` removes it"
            )?;
        }
        Ok(())
    }
}

/// What nobody has to do by hand.
const STORE: &str = "The daemon repairs this if its store has a copy of the lines, at startup or while it runs";

/// `record 5 is`, or `records 5–8 are`.
struct Numbers(u64, u64);

impl fmt::Display for Numbers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(from, to) if from == to => write!(out, "record {from} is"),
            Self(from, to) => write!(out, "records {from}–{to} are"),
        }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not of the record's form.
    #[error("this is not a record")]
    NotARecord,
    /// Changed after it was written.
    #[error("its hash does not match its content")]
    WrongHash,
    /// Does not hang on the line before.
    #[error("it does not follow from the record before")]
    WrongPrevious,
    /// Records are missing, or stand in another order.
    #[error("its number is not the next one")]
    WrongSeq,
    /// The segment ends before the next one starts.
    #[error("records are missing here")]
    Missing,
    /// A compressed file that is cut, or changed.
    #[error("it cannot be decompressed from this point on")]
    NotUnpacked,
    /// The file that tells what was pruned does not agree with the record.
    #[error("it does not match the record's checkpoint")]
    NotABase,
    /// Written by a later version.
    #[error("a later version of wardbell wrote it")]
    Unknown,
}

/// Whether it cannot be written because the whole disk cannot.
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(JournalError::of(error), JournalError::ReadOnly)
}
