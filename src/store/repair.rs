//! Mending a damaged journal from the copy of its lines that the store keeps.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;
use crate::journal::error::{Damage, OpenError, ReadError};
use crate::journal::file::{self, FileJournal, Opened};
use crate::journal::line::Line;
use crate::journal::segment::{self, Segment};
use crate::journal::verify::verify;
use crate::journal::walk::FolderReader;
use crate::journal::{Found, Reader};
use crate::store::database::{Database, Trouble};
use crate::store::tree::Place;

/// Opens a journal; one that is damaged is mended first, where the store has what it lacks.
///
/// A segment that is mended is kept as it was, beside it, under its name with `.damaged` behind. It must be called
/// before the store is opened.
///
/// # Errors
///
/// As [`FileJournal::open`].
pub fn open_or_repair(journal: &Path, store: &Path) -> Result<(FileJournal, Opened), OpenError> {
    let opened = match FileJournal::open(journal) {
        Err(OpenError::Read(ReadError::Damage(damage))) => {
            tracing::warn!(%damage, "the journal is damaged; its lines are looked for in the store");
            repair(journal, store)?;
            FileJournal::open(journal)
        }
        other => other,
    };
    if let Ok((_, Opened { cut_bytes: 1.. })) = &opened {
        tracing::warn!("the journal's end was torn; what was cut off had not been answered");
    }
    opened
}

/// Mends all damage to a journal; returns how many segments it wrote anew.
///
/// # Errors
///
/// The damage, where the store does not have all that is missing; what was mended before stays mended.
pub fn repair(journal: &Path, store: &Path) -> Result<u64, OpenError> {
    let _lock = file::lock(journal)?;
    let mut copy: Option<BTreeMap<u64, Box<[u8]>>> = None;
    let mut mended = 0;
    while let Err(error) = verify(journal) {
        let ReadError::Damage(damage) = error else { return Err(error.into()) };
        let copy = copy.get_or_insert_with(|| stored_lines(store).unwrap_or_default());
        let lines = chain(journal, &damage, copy)?.ok_or_else(|| ReadError::from(damage.clone()))?;
        replace(journal, &damage.segment, &lines).map_err(|error| OpenError::setup(&damage.segment, error))?;
        tracing::warn!(segment = %damage.segment.display(), line = damage.line, "a segment was mended from the store");
        mended += 1;
    }
    Ok(mended)
}

/// All lines that the store keeps; what does not verify is left out.
fn stored_lines(folder: &Path) -> Result<BTreeMap<u64, Box<[u8]>>, Trouble> {
    let db = Database::open(&Place::Folder(folder.to_owned()))?;
    let mut all = BTreeMap::new();
    for prefix in [b"t", b"h"] {
        db.scan_long(prefix, &mut |_, lines| {
            all.extend(verified(lines));
            Ok(())
        })?;
    }
    Ok(all)
}

fn verified(lines: &[u8]) -> impl Iterator<Item = (u64, Box<[u8]>)> {
    let lines = lines.split(|byte| *byte == b'\n');
    lines.filter_map(|line| Line::verify(line).ok().map(|parts| (parts.seq, line.into())))
}

/// The lines of the damaged segment, each hanging on the one before; `None` where one is missing.
fn chain(journal: &Path, damage: &Damage, copy: &BTreeMap<u64, Box<[u8]>>) -> Result<Option<Vec<u8>>, OpenError> {
    let segments = Segment::list(journal).map_err(|error| ReadError::disk(journal, &error))?;
    let next = segments.iter().map(|segment| segment.first).find(|first| *first > damage.first);
    let bytes = fs::read(&damage.segment).map_err(|error| ReadError::disk(&damage.segment, &error))?;
    let intact: BTreeMap<u64, Box<[u8]>> = verified(&bytes).collect();
    // In the last segment, nothing says where the record ended: as far as there are lines, whole or not.
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    let known = [&intact, copy].map(|lines| lines.last_key_value().map_or(0, |(last, _)| *last));
    let last = known.into_iter().fold((damage.first + damage.line.max(lines)) - 1, u64::max);
    let end = next.map_or(last, |next| next - 1);
    let Some(mut prev) = hash_before(journal, damage.first)? else { return Ok(None) };
    let mut lines = Vec::with_capacity(bytes.len());
    for seq in damage.first..=end {
        let candidates = [intact.get(&seq), copy.get(&seq)].into_iter().flatten();
        let parts = candidates.filter_map(|line| Line::split(line).ok().map(|parts| (line, parts)));
        let Some((line, parts)) = parts.into_iter().find(|(_, parts)| parts.prev == prev) else { return Ok(None) };
        lines.extend_from_slice(line);
        lines.push(b'\n');
        prev = parts.hash;
    }
    Ok(next.is_none_or(|next| hangs_on(&segments, next, prev)).then_some(lines))
}

/// The hash of the record before a segment; what stands before the first damage is sound.
fn hash_before(journal: &Path, first: u64) -> Result<Option<Digest>, ReadError> {
    let (Some(before), mut hash) = (first.checked_sub(2), None) else { return Ok(Some(Digest::ZERO)) };
    FolderReader::new(journal).read_after(before, &mut |found: Found<'_>| {
        hash = Some(found.hash);
        ControlFlow::Break(())
    })?;
    Ok(hash)
}

/// Whether the next segment's first line, where it can be read, follows upon a record.
fn hangs_on(segments: &[Segment], first: u64, hash: Digest) -> bool {
    let segment = segments.iter().find(|segment| segment.first == first);
    let bytes = segment.and_then(|segment| fs::read(&segment.path).ok()).unwrap_or_default();
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Line::verify(line).map_or(true, |line| line.prev == hash)
}

/// Puts a segment in the place of another one, which is kept beside it, so that a power cut leaves one or the other.
fn replace(journal: &Path, old: &Path, lines: &[u8]) -> io::Result<()> {
    let with_end = |end: &str| {
        let mut name = old.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let new = with_end(".mended");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(lines)?;
    file.sync_all()?;
    let names =
        (1..).map(|number| with_end(&if number == 1 { ".damaged".into() } else { format!(".damaged-{number}") }));
    let kept = names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| with_end(".damaged"));
    fs::hard_link(old, kept)?;
    fs::rename(&new, old)?;
    segment::sync_folder(journal)
}
