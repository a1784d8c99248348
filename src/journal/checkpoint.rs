//! Finds the start of the record from its checkpoints.

use std::fs::{self};
use std::ops::ControlFlow;
use std::path::Path;

use crate::journal::base::{BASE, Base, damage};
use crate::journal::error::ReadError;
use crate::journal::port::Start;
use crate::journal::record::{Fact, SystemEvent};
use crate::journal::segment::{self, Segment};
use crate::journal::walk::{Reached, Visit, walk, walk_segment};

/// The starting point for reading a folder's record.
///
/// # Errors
///
/// If the record's checkpoint does not match the base.
pub fn start(folder: &Path) -> Result<Start, ReadError> {
    let Some(base) = Base::read(folder)? else { return Ok(Start::WHOLE) };
    let mut checkpoint = None;
    let visit: Visit = &mut |line, _| {
        if let Fact::System(SystemEvent::Checkpoint(found)) = line.record()?.entry.fact {
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

/// Rewrites the base from the record's own checkpoints if it is damaged, missing or out of date; returns whether it
/// did. A wrong base is kept next to it.
///
/// # Errors
///
/// If the folder cannot be read or written.
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
        "the start of the record was read from its checkpoints"
    );
    Ok(true)
}

/// The base described by a checkpoint that matches the oldest segment.
fn told_by(segments: &[Segment]) -> Option<Base> {
    let through = segments.first()?.first - 1;
    let (mut hangs_on, mut told) = (None, None);
    for (index, segment) in segments.iter().enumerate() {
        let end = segments.get(index + 1).map(|next| next.first);
        let before = segment.first - 1;
        let mut reached = Reached { seq: before, ..Reached::default() };
        let visit: Visit = &mut |line, _| {
            hangs_on.get_or_insert(line.prev);
            if let Fact::System(SystemEvent::Checkpoint(found)) = line.record()?.entry.fact
                && (found.through, Some(found.hash)) == (through, hangs_on)
            {
                told = Some(Base { through, hash: found.hash, checkpoint: line.seq });
            }
            Ok(ControlFlow::Continue(()))
        };
        // Verification reports any other damage.
        let _damaged = walk_segment(segment, end, before, &mut reached, visit);
    }
    told
}
