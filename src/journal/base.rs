//! Where the record begins after its oldest part was pruned, and what it begins with.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::journal::error::{Cure, Damage, Fault, ReadError};
use crate::journal::record::{Checkpoint, Fact, HouseEvent};
use crate::journal::segment::{self, Segment};
use crate::journal::walk::{Reached, Visit, walk, walk_segment};

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

/// What a reading of the record begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The last record that is not there any more; 0 where all are.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// What is told of it.
    pub checkpoint: Option<Checkpoint>,
}

impl Start {
    /// All of it is there.
    pub const WHOLE: Self = Self { seq: 0, hash: Digest::ZERO, checkpoint: None };
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

/// What a reading of a folder's record begins with.
///
/// # Errors
///
/// Where the record's checkpoint does not tell the same as the base.
pub fn start(folder: &Path) -> Result<Start, ReadError> {
    let Some(base) = Base::read(folder)? else { return Ok(Start::WHOLE) };
    let mut checkpoint = None;
    let visit: Visit = &mut |line, _| {
        if let Fact::House(HouseEvent::Checkpoint(found)) = line.record()?.entry.fact {
            checkpoint = Some(*found);
        }
        Ok(ControlFlow::Break(()))
    };
    walk(folder, base.checkpoint - 1, visit)?;
    match checkpoint.filter(|found| (found.through, found.hash) == (base.through, base.hash)) {
        Some(found) => Ok(Start { seq: base.through, hash: base.hash, checkpoint: Some(found) }),
        None => Err(damage(folder).into()),
    }
}

/// Writes the base anew from the record's own checkpoints, where it is damaged, gone or of another day; whether it did. One
/// that was wrong is kept beside.
///
/// # Errors
///
/// Where the folder cannot be read or written.
pub fn rebuild(folder: &Path) -> Result<bool, ReadError> {
    let disk = |error| ReadError::disk(folder.join(BASE), &error);
    let segments = Segment::list(folder).map_err(|error| ReadError::disk(folder, &error))?;
    let is_whole = segments.first().is_none_or(|oldest| oldest.first == 1);
    let found = if is_whole { None } else { told_by(&segments) };
    let held = Base::read(folder).ok().flatten();
    let is_as_it_should_be = held == found && (held.is_some() || !folder.join(BASE).exists());
    if is_as_it_should_be || found.is_none() && !is_whole {
        return Ok(false);
    }
    if folder.join(BASE).exists() {
        fs::rename(folder.join(BASE), folder.join("base.json.damaged")).map_err(disk)?;
    }
    found.map_or_else(|| segment::sync_folder(folder), |base| base.write(folder)).map_err(disk)?;
    tracing::warn!(
        through = found.map_or(0, |base| base.through),
        "where the record begins was read from its checkpoints"
    );
    Ok(true)
}

/// The base that a checkpoint tells of: one that says of the oldest segment that it comes first, and what it hangs on.
fn told_by(segments: &[Segment]) -> Option<Base> {
    let through = segments.first()?.first - 1;
    let (mut hangs_on, mut told) = (None, None);
    for (index, segment) in segments.iter().enumerate() {
        let end = segments.get(index + 1).map(|next| next.first);
        let before = segment.first - 1;
        let mut reached = Reached { seq: before, ..Reached::default() };
        let visit: Visit = &mut |line, _| {
            hangs_on.get_or_insert(line.prev);
            if let Fact::House(HouseEvent::Checkpoint(found)) = line.record()?.entry.fact
                && (found.through, Some(found.hash)) == (through, hangs_on)
            {
                told = Some(Base { through, hash: found.hash, checkpoint: line.seq });
            }
            Ok(ControlFlow::Continue(()))
        };
        // What is damaged besides is told by whoever verifies.
        let _damaged = walk_segment(segment, end, before, &mut reached, visit);
    }
    told
}

fn damage(folder: &Path) -> Damage {
    let (segment, fault, cure) = (folder.join(BASE), Fault::NotABase, Cure::PutBack);
    Damage { segment, first: 1, line: 1, byte: 0, fault, cure }
}

fn missing(from: u64, oldest: &Segment) -> Damage {
    let (segment, first, fault) = (oldest.path.clone(), oldest.first, Fault::Missing);
    let cure = Cure::FillIn { from, to: first.saturating_sub(1), next: segment.clone() };
    Damage { segment, first, line: 1, byte: 0, fault, cure }
}
