//! The record's files: their names, and making them so that they survive a power cut.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::journal::owner::hand_over;

/// A new segment begins after this many bytes: small enough to be copied and read, large enough to be few.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// What the name of a segment ends in.
const PLAIN: &str = ".jsonl";

/// What the name of a compressed segment ends in.
const COMPRESSED: &str = ".jsonl.gz";

/// A folder whose files change while it is read is read again, at most this often.
const LIST_TRIES: u32 = 100;

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
        Self { first, path: folder.join(format!("{first:020}{PLAIN}")) }
    }

    /// All segments of a folder, in order; whatever else is there is passed over. Of a segment that is there in both
    /// forms, the plain one counts: the other one may not be on the disk whole.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn list(folder: &Path) -> io::Result<Vec<Self>> {
        let mut before = list_once(folder)?;
        for _ in 0..LIST_TRIES {
            // A file that comes while another one goes may be missed, as may both; twice the same is all there is.
            let again = list_once(folder)?;
            if again.keys().eq(before.keys()) {
                before = again;
                break;
            }
            before = again;
        }
        Ok(before.into_iter().map(|(first, path)| Self { first, path }).collect())
    }

    /// Whether its file is compressed, by its name.
    pub fn is_compressed(&self) -> bool {
        self.path.extension().is_some_and(|end| end == "gz")
    }

    /// The same segment's compressed file.
    #[must_use]
    pub fn compressed(&self) -> Self {
        Self { first: self.first, path: self.path.with_file_name(format!("{:020}{COMPRESSED}", self.first)) }
    }

    /// The same segment's plain file.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self { first: self.first, path: self.path.with_file_name(format!("{:020}{PLAIN}", self.first)) }
    }

    /// Makes the file, for appending alone, and makes sure that its name survives a power cut.
    ///
    /// # Errors
    ///
    /// The system's, also where the file is there already.
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
    let parents = folder.ancestors().zip(folder.ancestors().skip(1));
    let missing: Vec<_> = parents.take_while(|(made, _)| !made.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    for (made, parent) in missing.into_iter().rev() {
        hand_over(&File::open(made)?, parent);
    }
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Where a backup is unpacked that is to become a folder's record.
pub fn restoring(folder: &Path) -> PathBuf {
    folder.with_extension("restoring")
}

/// The folder that a folder is in.
pub fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
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
