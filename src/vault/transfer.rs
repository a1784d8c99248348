//! Exports and imports copies of the data keys; an import never restores purged keys.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::domain::id::IncidentId;
use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::DataKeyId;
use crate::journal::error::OpenError;
use crate::journal::segment::sync_folder;
use crate::vault::file::{KeyFile, NAME, NEW_NAME, create, whole_slots};
use crate::vault::opener::open_slot;
use crate::vault::slot::{SLOT_BYTES, Slot, name_of_line};

/// Why keys could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The data key folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file is not a copy of data keys.
    #[error("it contains no data keys: this is not a copy of data keys, and nothing was imported")]
    NotACopy,
    /// An I/O error.
    #[error("cannot write the data keys: {0}")]
    Disk(#[from] io::Error),
}

/// The result of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Keys that were missing and are now present.
    pub added: usize,
    /// Keys that were already present.
    pub known: usize,
    /// Keys that were added next to others of the same name, because they differ or cannot be compared.
    pub beside: usize,
    /// Keys that stay destroyed because they were purged.
    pub purged: usize,
    /// Damaged lines of the copy, which were skipped.
    pub damaged: usize,
}

/// The result of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// All lines.
    pub lines: usize,
    /// Damaged lines: they are copied unchanged, and no import uses them.
    pub damaged: usize,
}

/// Copies the data keys of a folder to a file, all or nothing, also while the daemon runs. Replaces an earlier copy,
/// but no other file: overwriting something else could destroy keys.
///
/// # Errors
///
/// An I/O error, or the target is not a copy of data keys.
pub fn export(folder: &Path, to: &Path) -> io::Result<Exported> {
    if let Some(in_the_way) = in_the_way(folder, to)? {
        return Err(io::Error::other(in_the_way));
    }
    let bytes = fs::read(folder.join(NAME))?;
    let lines = whole_slots(&bytes) as usize;
    let bytes = &bytes[..lines * SLOT_BYTES];
    let damaged = bytes.chunks_exact(SLOT_BYTES).filter(|line| Slot::of_line(line).is_none()).count();
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only its owner may read a temporary file.
    let mut file = tempfile::Builder::new().prefix(".wardbell-keys-").tempfile_in(parent)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(to).map_err(|error| error.error)?;
    sync_folder(parent)?;
    Ok(Exported { lines, damaged })
}

/// Why the target must not be replaced, if so.
fn in_the_way(folder: &Path, to: &Path) -> io::Result<Option<&'static str>> {
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if parent.canonicalize()? == folder.canonicalize()? {
        return Ok(Some("a copy next to the data keys would be lost with them: choose another folder"));
    }
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(there) if !there.is_file() => Ok(Some("it exists and is not a file")),
        Ok(_) => {
            let bytes = fs::read(to)?;
            let is_copy = bytes.chunks(SLOT_BYTES).all(|line| name_of_line(line).is_some());
            Ok((!is_copy).then_some("this file exists and is not a copy of data keys: choose another name"))
        }
    }
}

/// Imports the keys of a copy that the folder lacks, all or nothing. Never restores a key of an incident in `purged`,
/// or one that the folder has as destroyed; a key that the copy has as destroyed is destroyed here, too. If a key was
/// lost and another one created under its name, both are kept. Damaged lines are skipped and do not affect the others.
/// Keys are compared using the master keys or, without them, by their wrapped form.
///
/// # Errors
///
/// See [`ImportError`]; nothing has changed in that case. A daemon that uses the keys must be stopped first.
pub fn import(
    folder: &Path,
    from: &Path,
    purged: &BTreeSet<IncidentId>,
    masters: Option<&MasterKeys>,
) -> Result<Imported, ImportError> {
    let (copy, damaged) = read(&fs::read(from)?)?;
    let file = KeyFile::open(folder)?;
    let mut lines = Lines::of(&file)?;
    let mut imported = Imported { damaged, ..Imported::default() };
    for slot in copy {
        let is_destroyed = purged.contains(&slot.id.incident) || lines.of_name(slot.id).any(Slot::is_purged);
        let is_known = lines.of_name(slot.id).any(|known| is_same(known, &slot, masters));
        let count = if slot.is_purged() {
            lines.destroy(slot);
            &mut imported.purged
        } else if is_destroyed {
            &mut imported.purged
        } else if is_known {
            &mut imported.known
        } else {
            let is_named = lines.of_name(slot.id).next().is_some();
            lines.add(slot);
            if is_named { &mut imported.beside } else { &mut imported.added }
        };
        *count += 1;
    }
    write(folder, &file, &lines.lines)?;
    Ok(imported)
}

/// The lines of a data key file, and the positions of each name.
struct Lines {
    /// A damaged line stays in its place unless it is to be destroyed.
    lines: Vec<Option<Slot>>,
    places: BTreeMap<DataKeyId, Vec<usize>>,
}

impl Lines {
    fn of(file: &KeyFile) -> io::Result<Self> {
        let mut this = Self { lines: Vec::new(), places: BTreeMap::new() };
        for place in 0..file.len() {
            let line = file.read_line(place)?;
            this.push(name_of_line(&line), Slot::of_line(&line));
        }
        Ok(this)
    }

    fn of_name(&self, key: DataKeyId) -> impl Iterator<Item = &Slot> {
        self.places.get(&key).into_iter().flatten().filter_map(|place| self.lines.get(*place)?.as_ref())
    }

    fn add(&mut self, slot: Slot) {
        self.push(Some(slot.id), Some(slot));
    }

    /// Marks a key as destroyed at all its positions.
    fn destroy(&mut self, slot: Slot) {
        let Some(places) = self.places.get(&slot.id) else { return self.add(slot) };
        for place in places {
            if let Some(line) = self.lines.get_mut(*place)
                && !line.as_ref().is_some_and(Slot::is_purged)
            {
                *line = Some(slot.clone());
            }
        }
    }

    fn push(&mut self, name: Option<DataKeyId>, line: Option<Slot>) {
        if let Some(name) = name {
            self.places.entry(name).or_default().push(self.lines.len());
        }
        self.lines.push(line);
    }
}

/// Whether two lines of one name contain the same key, as far as can be told: every wrapping has a different text.
fn is_same(one: &Slot, other: &Slot, masters: Option<&MasterKeys>) -> bool {
    let key = |slot: &Slot| open_slot(slot.id, &slot.state, masters?).ok();
    one == other || key(one).is_some_and(|key_of_one| key(other) == Some(key_of_one))
}

/// The keys of a copy, and the number of its damaged lines.
fn read(bytes: &[u8]) -> Result<(Vec<Slot>, usize), ImportError> {
    let lines = bytes.chunks(SLOT_BYTES);
    let count = lines.len();
    let keys: Vec<Slot> = lines.filter_map(Slot::of_line).collect();
    let damaged = count - keys.len();
    if keys.is_empty() && damaged > 0 { Err(ImportError::NotACopy) } else { Ok((keys, damaged)) }
}

/// A power cut leaves either the old file or the new one.
fn write(folder: &Path, old: &KeyFile, lines: &[Option<Slot>]) -> io::Result<()> {
    let (path, before) = (folder.join(NEW_NAME), fs::read(old.path())?);
    let mut file = create(&path)?;
    for (index, line) in lines.iter().enumerate() {
        match line {
            Some(line) => file.write_all(&line.to_line())?,
            None => file.write_all(&before[index * SLOT_BYTES..][..SLOT_BYTES])?,
        }
    }
    file.sync_all()?;
    fs::rename(&path, folder.join(NAME))?;
    sync_folder(folder)
}
