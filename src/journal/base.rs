//! Where the record begins after its oldest part was pruned, and what it begins with.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::segment::{self, Segment};

/// The file's name, beside the segments.
pub const BASE: &str = "base.json";

/// A folder whose base changes while it is read is read again, at most this often: it changes once a day at most.
const TRIES: u32 = 100;

/// What was pruned from the record: all up to a record, and which checkpoint tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The last record that was pruned.
    pub through: u64,
    /// Its hash: what the first record that is kept hangs on.
    pub hash: Digest,
    /// The number of the checkpoint.
    pub checkpoint: u64,
}

/// A folder's record: what was pruned from it, and the segments that are kept, in order.
#[derive(Debug)]
pub struct Layout {
    /// What was pruned, if anything.
    pub base: Option<Base>,
    /// What is kept.
    pub segments: Vec<Segment>,
    /// What was pruned and is there still, as the process ended in between.
    pub pruned: Vec<Segment>,
}

impl Base {
    /// Reads a folder's; none where nothing was pruned.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or was changed.
    pub fn read(folder: &Path) -> Result<Option<Self>, ReadError> {
        let path = folder.join(BASE);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ReadError::disk(path, &error)),
            Ok(text) => Self::parse(&text).map(Some).ok_or_else(|| damage(folder).into()),
        }
    }

    /// Reads one from its text.
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|base: &Self| (1..base.checkpoint).contains(&base.through))
    }

    /// Its text.
    pub fn to_text(self) -> String {
        format!(r#"{{"through":{},"hash":"{}","checkpoint":{}}}"#, self.through, self.hash, self.checkpoint) + "\n"
    }

    /// Puts it in place of an earlier one; a power cut leaves one or the other.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn write(self, folder: &Path) -> io::Result<()> {
        let new = folder.join("base.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, folder.join(BASE))?;
        segment::sync_folder(folder)
    }
}

/// Looks at a folder.
///
/// # Errors
///
/// Where it cannot be read, or the first segment does not begin where the record should.
pub fn layout(folder: &Path) -> Result<Layout, ReadError> {
    let mut base = Base::read(folder)?;
    for _ in 0..TRIES {
        let all = Segment::list(folder).map_err(|error| ReadError::disk(folder, &error))?;
        let after = Base::read(folder)?;
        if after != base {
            // What the one before named may have been removed meanwhile.
            base = after;
            continue;
        }
        let through = base.map_or(0, |base| base.through);
        let (pruned, segments): (Vec<_>, Vec<_>) = all.into_iter().partition(|segment| segment.first <= through);
        return match segments.first() {
            Some(oldest) if oldest.first != through + 1 => Err(missing(through + 1, oldest).into()),
            None if base.is_some() => Err(damage(folder).into()),
            _ => Ok(Layout { base, segments, pruned }),
        };
    }
    Err(damage(folder).into())
}

impl Layout {
    /// The record before the first that is kept, and its hash.
    pub fn start(&self) -> (u64, Digest) {
        self.base.map_or((0, Digest::ZERO), |base| (base.through, base.hash))
    }
}

pub(in crate::journal) fn damage(folder: &Path) -> Damage {
    let (segment, fault, cure) = (folder.join(BASE), Fault::NotABase, Cure::PutBack);
    Damage { segment, first: 1, line: 1, byte: 0, fault, cure }
}

fn missing(from: u64, oldest: &Segment) -> Damage {
    let (segment, first, fault) = (oldest.path.clone(), oldest.first, Fault::Missing);
    let cure = Cure::FillIn { from, to: first.saturating_sub(1), next: segment.clone() };
    Damage { segment, first, line: 1, byte: 0, fault, cure }
}
