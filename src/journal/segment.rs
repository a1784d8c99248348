//! The record's files: their names, and making them so that they survive a power cut.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A new segment begins after this many bytes: small enough to be copied and read, large enough to be few.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// One file of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its first record's number, which its name tells.
    pub first: u64,
    /// Where it is.
    pub path: PathBuf,
}

impl Segment {
    /// The segment that begins with a record.
    pub fn beginning(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("{first:020}.jsonl")) }
    }

    /// All segments of a folder, in order; whatever else is there is passed over.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn list(folder: &Path) -> io::Result<Vec<Self>> {
        let mut segments = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            segments.extend(first_of(&path).map(|first| Self { first, path }));
        }
        segments.sort_by_key(|segment| segment.first);
        Ok(segments)
    }

    /// Makes the file, for appending alone, and makes sure that its name survives a power cut.
    ///
    /// # Errors
    ///
    /// The system's, also where the file is there already.
    pub fn create(&self, folder: &Path) -> io::Result<File> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&self.path)?;
        sync_folder(folder)?;
        Ok(file)
    }

    /// Opens the file to append to it.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn append_to(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(&self.path)
    }
}

/// Makes a folder that nobody else may look into, if it is not there, and makes sure that it survives a power cut.
///
/// # Errors
///
/// The system's.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Makes sure that what was made, renamed or removed in a folder survives a power cut.
///
/// # Errors
///
/// The system's.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

fn first_of(path: &Path) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}
