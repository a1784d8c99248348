//! Where the record begins after its oldest part was pruned.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::segment::{self, Segment};

/// The file's name, next to the segments.
pub const BASE: &str = "base.json";

/// How often to re-read a folder whose base changes while it is read. The base changes at most once a day.
const TRIES: u32 = 100;

/// What was pruned: all records up to `through`, as described by a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The last pruned record.
    pub through: u64,
    /// Its hash, which is the `prev` of the first remaining record.
    pub hash: Digest,
    /// The checkpoint's record number.
    pub checkpoint: u64,
}

/// A folder's record: what was pruned from it, and the remaining segments in order.
#[derive(Debug)]
pub struct Layout {
    pub base: Option<Base>,
    pub segments: Vec<Segment>,
    /// Pruned segments that still exist because the process stopped before removing them.
    pub pruned: Vec<Segment>,
}

impl Base {
    /// Reads a folder's base; `None` if nothing was pruned.
    ///
    /// # Errors
    ///
    /// If it cannot be read or was modified.
    pub fn read(folder: &Path) -> Result<Option<Self>, ReadError> {
        let path = folder.join(BASE);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ReadError::disk(path, &error)),
            Ok(text) => Self::parse(&text).map(Some).ok_or_else(|| damage(folder).into()),
        }
    }

    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|base: &Self| (1..base.checkpoint).contains(&base.through))
    }

    pub fn to_text(self) -> String {
        format!(r#"{{"through":{},"hash":"{}","checkpoint":{}}}"#, self.through, self.hash, self.checkpoint) + "\n"
    }

    /// Replaces an earlier base. A power cut leaves one or the other.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn write(self, folder: &Path) -> io::Result<()> {
        let new = folder.join("base.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(self.to_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, folder.join(BASE))?;
        segment::sync_folder(folder)
    }
}

/// Reads a folder's layout.
///
/// # Errors
///
/// If it cannot be read, or the first segment does not begin where the record should.
pub fn layout(folder: &Path) -> Result<Layout, ReadError> {
    let mut base = Base::read(folder)?;
    for _ in 0..TRIES {
        let all = Segment::list(folder).map_err(|error| ReadError::disk(folder, &error))?;
        let after = Base::read(folder)?;
        if after != base {
            // A segment named by the previous base may have been removed in the meantime.
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
    /// The record before the first remaining one, and its hash.
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
