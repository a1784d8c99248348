//! Errors of the record, worded for the administrator.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::journal::segment::restoring;

/// Why something could not be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Out of space or over quota.
    #[error("the disk is full")]
    DiskFull,
    /// Mounted read-only, as the kernel does after I/O errors.
    #[error("the disk is read-only")]
    ReadOnly,
    /// The daemon's user has no write permission.
    #[error("no permission to write to its folder")]
    Forbidden,
    /// The record is no longer at its path.
    #[error(
        "the record in {} was moved, deleted or unmounted. Mount it or put it back; recording then continues by itself. \
         Do not restart before that. If only this folder is lost and `store` next to it still exists, restart the daemon: \
         it restores the record from its store",
        .0.display()
    )]
    Gone(PathBuf),
    /// Another record is at its path.
    #[error(
        "{} contains another record, or an older copy of this one. Put the original back; recording then continues by \
         itself. If the original is lost, restart the daemon: it adds the records that its store has",
        .0.display()
    )]
    Replaced(PathBuf),
    /// Any other I/O error.
    #[error("the disk cannot be written to: {0}")]
    Disk(String),
    /// Another writer has taken over.
    #[error("another node has taken over the record: this node can no longer write to it")]
    Fenced,
    /// The entry cannot be converted to JSON.
    #[error("an entry cannot be serialized: {0}")]
    Unwritable(String),
}

/// Why a batch was not appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AppendError {
    pub reason: JournalError,
    /// What may be left on the disk.
    pub leftover: Leftover,
}

/// What may be left on the disk of a batch that was not appended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Nothing that a reader will ever find.
    None,
    /// Possibly a part of it. If the process ends before the next batch is appended, the next process may find it and
    /// treat it as recorded.
    Possible,
}

impl From<JournalError> for AppendError {
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
    /// Classifies an I/O error.
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
    #[error(transparent)]
    Damage(#[from] Damage),
    /// An I/O error.
    #[error("{} cannot be read: {reason}", .path.display())]
    Disk { path: PathBuf, reason: String },
}

impl ReadError {
    /// An I/O error at a path.
    pub fn disk(path: impl Into<PathBuf>, error: &io::Error) -> Self {
        Self::Disk { path: path.into(), reason: error.to_string() }
    }
}

/// Why the record could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process is using it.
    #[error(
        "another wardbell is running on {}\n\
         hint: stop it first (`systemctl stop wardbell`), or set another `path` under `[store]` for this one",
        .0.display()
    )]
    InUse(PathBuf),
    /// A backup is being restored to this folder.
    #[error("a `wardbell restore` into {} is in progress\nhint: wait until it has finished", .0.display())]
    Restoring(PathBuf),
    /// It is empty because restoring a backup to it was interrupted.
    #[error(
        "a `wardbell restore` into {} was interrupted, and nothing is there yet\n\
         hint: run `wardbell restore FILE` again; it removes the leftovers first. To start an empty record instead, \
         remove {}",
        .0.display(),
        restoring(.0).display()
    )]
    Unfinished(PathBuf),
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The lock file that keeps a second process out cannot be locked.
    #[error(
        "{} cannot be locked: {reason}\n\
         hint: this empty file only keeps a second wardbell out. Make sure that none is running, remove it, and start again",
        .path.display()
    )]
    Lock { path: PathBuf, reason: String },
    #[error("{} cannot be prepared: {reason}", .path.display())]
    Setup { path: PathBuf, reason: JournalError },
}

impl OpenError {
    /// The same error for the record that a folder lock protects.
    #[must_use]
    pub fn about(self, record: &Path) -> Self {
        match self {
            Self::InUse(_) => Self::InUse(record.to_owned()),
            Self::Restoring(_) => Self::Restoring(record.to_owned()),
            other => other,
        }
    }

    /// An I/O error at a path.
    pub fn setup(path: impl Into<PathBuf>, error: io::Error) -> Self {
        Self::Setup { path: path.into(), reason: error.into() }
    }
}

/// Damage at one place in the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Damage {
    pub segment: PathBuf,
    pub first: u64,
    /// Counted from 1.
    pub line: u64,
    /// The line's first byte, counted from 0.
    pub byte: u64,
    pub fault: Fault,
    pub cure: Cure,
}

/// What helps against damage, apart from the store's copy of the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cure {
    /// Restore the original file.
    PutBack,
    /// The file is the last one and no record follows: probably an effect of a power cut.
    CutOff,
    /// Files are missing, or a file does not belong there.
    FillIn {
        from: u64,
        to: u64,
        /// The file that follows the gap.
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
        if self.fault == Fault::Prerelease {
            let folder = self.segment.parent().unwrap_or(Path::new("."));
            return write!(
                out,
                "the record cannot be read: {segment} has the format of a wardbell from before its first release, which \
                 no release wrote or reads\nhint: keep the record apart and start a new one: stop the daemon, move {} \
                 and the `store` folder next to it to a safe place, and start again. To read the old record, use the \
                 version that wrote it",
                folder.display()
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

/// The repair that needs no manual work.
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
    /// Not in the record's format.
    #[error("this is not a record")]
    NotARecord,
    #[error("its hash does not match its content")]
    WrongHash,
    /// Does not follow from the line before.
    #[error("it does not follow from the record before")]
    WrongPrevious,
    /// Records are missing or out of order.
    #[error("its number is not the next one")]
    WrongSeq,
    #[error("records are missing here")]
    Missing,
    /// A compressed file that was truncated or modified.
    #[error("it cannot be decompressed from this point on")]
    NotUnpacked,
    /// The base file does not match the record.
    #[error("it does not match the record's checkpoint")]
    NotABase,
    #[error("a later version of wardbell wrote it")]
    Unknown,
    /// Written before the format was settled.
    #[error("a wardbell from before its first release wrote it, in a format that was given up")]
    Prerelease,
}

/// Whether the error means that the whole disk is read-only.
pub fn is_read_only(error: &io::Error) -> bool {
    matches!(JournalError::of(error), JournalError::ReadOnly)
}
