//! The record's files: their names, and how to create them so that they survive a power cut.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::journal::owner::hand_over;

/// A new segment starts after this many bytes: small enough to copy and read, large enough to keep their number low.
pub const SEGMENT_BYTES: u64 = 64 << 20;

const PLAIN: &str = ".jsonl";

const COMPRESSED: &str = ".jsonl.gz";

/// How often to list a folder again whose files change while it is read.
const LIST_TRIES: u32 = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its first record's number, which is also its name.
    pub first: u64,
    pub path: PathBuf,
}

impl Segment {
    /// The segment that begins with a record.
    pub fn beginning(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("{first:020}{PLAIN}")) }
    }

    /// All segments of a folder in order; other files are ignored. If a segment exists in both forms, the plain one
    /// counts: the other one may be incomplete.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn list(folder: &Path) -> io::Result<Vec<Self>> {
        let mut before = list_once(folder)?;
        for _ in 0..LIST_TRIES {
            // A rename during the listing can hide both names; two equal listings in a row are reliable.
            let again = list_once(folder)?;
            if again.keys().eq(before.keys()) {
                before = again;
                break;
            }
            before = again;
        }
        Ok(before.into_iter().map(|(first, path)| Self { first, path }).collect())
    }

    /// Whether its file is compressed, according to its name.
    pub fn is_compressed(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "gz")
    }

    #[must_use]
    pub fn compressed(&self) -> Self {
        Self { first: self.first, path: self.path.with_file_name(format!("{:020}{COMPRESSED}", self.first)) }
    }

    #[must_use]
    pub fn plain(&self) -> Self {
        Self { first: self.first, path: self.path.with_file_name(format!("{:020}{PLAIN}", self.first)) }
    }

    /// Creates the file in append mode, and makes sure that its name survives a power cut.
    ///
    /// # Errors
    ///
    /// Any I/O error, including that the file already exists.
    pub fn create(&self, folder: &Path) -> io::Result<File> {
        let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&self.path)?;
        hand_over(&file, folder);
        sync_folder(folder)?;
        Ok(file)
    }

    /// Opens the file to append to it.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn append_to(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(&self.path)
    }
}

/// Creates a private folder if it does not exist, and makes sure that it survives a power cut.
///
/// # Errors
///
/// Any I/O error.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parents = folder.ancestors().zip(folder.ancestors().skip(1));
    let missing: Vec<_> = parents.take_while(|(made, _)| !made.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (made, parent) in missing.into_iter().rev() {
        hand_over(&File::open(made)?, parent);
    }
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Where a backup is unpacked before it becomes a folder's record.
pub fn restoring(folder: &Path) -> PathBuf {
    folder.with_extension("restoring")
}

/// The parent folder.
pub fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes sure that files created, renamed or removed in a folder survive a power cut.
///
/// # Errors
///
/// Any I/O error.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

fn list_once(folder: &Path) -> io::Result<BTreeMap<u64, PathBuf>> {
    let mut segments = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(segment) = first_of(&path).map(|first| Segment { first, path }) else { continue };
        if segment.is_compressed() {
            segments.entry(segment.first).or_insert(segment.path);
        } else {
            segments.insert(segment.first, segment.path);
        }
    }
    Ok(segments)
}

fn first_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name.strip_suffix(COMPRESSED).or_else(|| name.strip_suffix(PLAIN))?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}
