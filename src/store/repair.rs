//! Repairs a damaged journal from the copy of its lines in the store.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::iter;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;
use crate::journal::base::Base;
use crate::journal::error::{Damage, Fault, OpenError, ReadError};
use crate::journal::file::{FileJournal, Opened};
use crate::journal::folder_reader::FolderReader;
use crate::journal::line::Line;
use crate::journal::lines::readable;
use crate::journal::port::Reader;
use crate::journal::segment::{self, Segment};
use crate::journal::verify::verify;
use crate::journal::{checkpoint, place};
use crate::store::Store;
use crate::store::lines::{Lines, salvage, verified};
use crate::store::sled::database::Database;
use crate::store::sled::quarantine;
use crate::store::sled::tree::Place;

/// Opens a journal; a damaged one is repaired first, if the store has what it lacks.
///
/// The original of a repaired segment stays next to it, with the suffix `.damaged`. Call this before opening the store.
///
/// # Errors
///
/// The errors of [`FileJournal::open`].
pub fn open_or_repair(journal: &Path, store: &Path) -> Result<(FileJournal, Opened), OpenError> {
    let opened = match FileJournal::open(journal) {
        Err(OpenError::Read(ReadError::Damage(damage))) if damage.fault != Fault::Prerelease => {
            tracing::warn!(%damage, "the journal is damaged; looking for its lines in the store");
            repair(journal, store)?;
            FileJournal::open(journal)
        }
        other => other,
    };
    if let Ok((_, Opened { cut_bytes: cut_bytes @ 1.. })) = &opened {
        tracing::warn!(cut_bytes, "removed an incomplete final record left by a crash; no acknowledged data was lost");
    }
    opened
}

/// Repairs all damage to a journal; returns the number of rewritten segments.
///
/// # Errors
///
/// The damage, if the store does not have everything that is missing; earlier repairs stay in place.
pub fn repair(journal: &Path, store: &Path) -> Result<u64, OpenError> {
    let _lock = place::lock(journal)?;
    let mut mended = 0;
    while let Err(error) = verify(journal) {
        let ReadError::Damage(damage) = error else { return Err(error.into()) };
        let is_of_base = damage.fault == Fault::NotABase || damage.fault == Fault::Missing && damage.line == 1;
        if !(is_of_base && checkpoint::rebuild(journal)?) {
            mend(journal, &at_the_beginning(journal, damage), &copies(store))?;
        }
        mended += 1;
    }
    Ok(mended)
}

/// Repairs a segment while the daemon runs, from the open store or from stores that were set aside. Nothing may be
/// appended to the segment anymore.
///
/// # Errors
///
/// The damage, if the segment is the last one, or no store has everything that is missing.
pub fn mend_sealed(journal: &Path, damage: &Damage, store: &Store, folder: &Path) -> Result<(), OpenError> {
    let numbers = numbers(journal, damage)?;
    if numbers.end == u64::MAX {
        return Err(ReadError::from(damage.clone()).into());
    }
    let copy = store.lines(&numbers).unwrap_or_default();
    if write_anew(journal, damage, &copy)? {
        Ok(())
    } else {
        mend(journal, damage, &quarantine::all(folder).unwrap_or_default())
    }
}

/// If the first segments are missing, moves the damage to where they began instead of where the rest begins.
fn at_the_beginning(journal: &Path, damage: Damage) -> Damage {
    let (through, _) = start(journal);
    let oldest = Segment::list(journal).unwrap_or_default().into_iter().next();
    let is_gone = damage.fault == Fault::Missing
        && oldest.is_some_and(|oldest| oldest.first == damage.first && oldest.first > through + 1);
    if is_gone {
        let Segment { first, path } = Segment::beginning(journal, through + 1);
        Damage { segment: path, first, ..damage }
    } else {
        damage
    }
}

/// The record before the first that should exist, and its hash.
fn start(journal: &Path) -> (u64, Digest) {
    let base = Base::read(journal).ok().flatten();
    base.map_or((0, Digest::ZERO), |base| (base.through, base.hash))
}

/// The folders that may contain a copy of the journal's lines.
fn copies(store: &Path) -> Vec<PathBuf> {
    let all = iter::once(store.to_owned()).chain(quarantine::all(store).unwrap_or_default());
    all.filter(|folder| folder.exists()).collect()
}

/// Repairs a segment from the combined contents of stores that are not in use.
fn mend(journal: &Path, damage: &Damage, stores: &[PathBuf]) -> Result<(), OpenError> {
    let (numbers, mut copy) = (numbers(journal, damage)?, Lines::new());
    for store in stores {
        match Database::open(&Place::Folder(store.clone())) {
            Ok(db) => copy.extend(salvage(&db, &numbers)),
            Err(trouble) => {
                tracing::warn!(store = %store.display(), %trouble, "cannot search this store for journal lines")
            }
        }
        if write_anew(journal, damage, &copy)? {
            return Ok(());
        }
    }
    Err(ReadError::from(damage.clone()).into())
}

/// The records that belong to the damaged segment; open-ended for the last segment.
fn numbers(journal: &Path, damage: &Damage) -> Result<Range<u64>, ReadError> {
    let segments = Segment::list(journal).map_err(|error| ReadError::disk(journal, &error))?;
    let next = segments.iter().map(|segment| segment.first).find(|first| *first > damage.first);
    Ok(damage.first..next.unwrap_or(u64::MAX))
}

/// Replaces the damaged segment if its lines and the copies form a complete one; returns whether they did.
fn write_anew(journal: &Path, damage: &Damage, copy: &Lines) -> Result<bool, OpenError> {
    // The store has copies of lines, but not of that file.
    if damage.fault == Fault::NotABase {
        return Ok(false);
    }
    let Some(lines) = chain(journal, damage, copy)? else { return Ok(false) };
    replace(journal, &damage.segment, &lines).map_err(|error| OpenError::setup(&damage.segment, error))?;
    tracing::warn!(segment = %damage.segment.display(), line = damage.line, "a damaged segment was repaired from the store");
    Ok(true)
}

/// The lines of the damaged segment as a chain; `None` if one is missing.
fn chain(journal: &Path, damage: &Damage, copy: &Lines) -> Result<Option<Vec<u8>>, OpenError> {
    let segments = Segment::list(journal).map_err(|error| ReadError::disk(journal, &error))?;
    let next = segments.iter().map(|segment| segment.first).find(|first| *first > damage.first);
    let bytes = match readable(&damage.segment) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(|error| ReadError::disk(&damage.segment, &error))?,
    };
    let intact: Lines = verified(&bytes, &(0..u64::MAX)).collect();
    // For the last segment, nothing says where the record ended: go as far as there are lines, damaged or not.
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

/// The hash of the record before a segment; everything before the first damage is intact.
fn hash_before(journal: &Path, first: u64) -> Result<Option<Digest>, ReadError> {
    let (through, hash) = start(journal);
    if first == through + 1 {
        return Ok(Some(hash));
    }
    FolderReader::new(journal).hash_at(first - 1)
}

/// Whether the next segment's first line, if readable, follows from a record. A line with another number says nothing:
/// that segment is also damaged, for example because files were swapped, and is repaired later.
fn hangs_on(segments: &[Segment], first: u64, hash: Digest) -> bool {
    let segment = segments.iter().find(|segment| segment.first == first);
    let bytes = segment.and_then(|segment| readable(&segment.path).ok()).unwrap_or_default();
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    Line::verify(line).map_or(true, |line| line.seq != first || line.prev == hash)
}

/// Replaces a segment, if there is one, and keeps the original next to it. A power cut leaves one or the other.
///
/// # Errors
///
/// Any I/O error.
pub fn replace(journal: &Path, old: &Path, lines: &[u8]) -> io::Result<()> {
    let with_end = |end: &str| {
        let mut name = old.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let new = with_end(".mended");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(lines)?;
        file.sync_all()
    };
    write().inspect_err(|_| {
        // A partial file is useless and takes space.
        let _gone = fs::remove_file(&new);
    })?;
    let names =
        (1..).map(|number| with_end(&if number == 1 { ".damaged".into() } else { format!(".damaged-{number}") }));
    let kept = names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| with_end(".damaged"));
    if old.exists() {
        fs::hard_link(old, kept)?;
    }
    // A compressed segment is replaced by a plain one, which has priority while both exist and is compressed later.
    let plain = if old.extension().is_some_and(|end| end == "gz") { old.with_extension("") } else { old.to_owned() };
    fs::rename(&new, &plain)?;
    segment::sync_folder(journal)?;
    if plain != old && old.exists() {
        fs::remove_file(old)?;
    }
    segment::sync_folder(journal)
}
