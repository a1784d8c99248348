//! Rebuilds the store from the journal in a second folder, while the old one answers queries, and then swaps them. sled
//! never frees space, and this also removes from the store what was pruned from the journal.
//!
//! A crash at any point leaves the old store, the new one, or none, which is rebuilt at the next start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::journal::error::OpenError;
use crate::journal::folder_reader::FolderReader;
use crate::journal::place::lock;
use crate::journal::port::Reader;
use crate::journal::segment::sync_folder;
use crate::journal::space::has_room;
use crate::store::build::{self, catch_up};
use crate::store::error::Trouble;
use crate::store::meta::Meta;
use crate::store::projections;
use crate::store::sled::catch_panics::catch_panics;
use crate::store::sled::database::Database;
use crate::store::sled::tree::Place;

/// Suffix of the folder in which the record is applied step by step.
const DRAFT: &str = "draft";

/// Suffix of the folder while the new store is built.
const UNFINISHED: &str = "unfinished";

/// Suffix of the old store until it is removed.
const OLD: &str = "old";

/// If more new records than this arrived meanwhile, they are applied before the swap, so that queries are not blocked
/// for long.
const FEW_RECORDS: u64 = 1_000;

/// If records arrive faster than they are applied, the swap happens after this many rounds anyway.
const ROUNDS_MAX: u32 = 8;

/// The result of a rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// The store's size on the disk before.
    pub before: u64,
    /// Its size after.
    pub after: u64,
    /// The number of records it was built from.
    pub records: u64,
}

/// Why the store was not rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    #[error("the store is already being rebuilt")]
    Busy,
    /// The disk is full, or the journal is damaged.
    #[error("the store cannot be rebuilt: {0}")]
    Trouble(#[from] Trouble),
    #[error("the store is closed")]
    Closed,
    /// A daemon is using it, or its folder cannot be used.
    #[error("{0}")]
    Open(String),
}

impl From<OpenError> for CompactError {
    fn from(error: OpenError) -> Self {
        Self::Open(error.to_string())
    }
}

/// Rebuilds a store that no daemon has open, from the journal in a folder.
///
/// # Errors
///
/// See [`CompactError`]; the old store stays in that case.
pub fn compact(journal: &Path, store: &Path) -> Result<Compacted, CompactError> {
    let _lock = lock(journal)?;
    tidy(store).map_err(disk)?;
    let before = size(store).map_err(disk)?;
    let meta = build(store, &FolderReader::new(journal), &|| u64::MAX)?;
    swap(store, || Ok(()))?;
    tidy(store).map_err(disk)?;
    Ok(Compacted { before, after: size(store).map_err(disk)?, records: meta.seq })
}

/// Builds the new store next to the old one, up to the record given by `end` at that time, and closes it.
///
/// # Errors
///
/// See [`Trouble`]; the new store is removed in that case.
pub fn build(store: &Path, reader: &dyn Reader, end: &dyn Fn() -> u64) -> Result<Meta, Trouble> {
    room_for(store, size(store).map_err(disk)?.saturating_mul(2))?;
    let folders = [DRAFT, UNFINISHED].map(|end| beside(store, end));
    folders.iter().try_for_each(|folder| remove(folder)).map_err(disk)?;
    let built = build_in(&folders, reader, end);
    // If this fails, the next attempt removes it.
    let _left = remove(&folders[0]);
    if built.is_err() {
        let _left = remove(&folders[1]);
    }
    built
}

/// Values that change often leave holes in the database; copying the result key by key leaves none.
fn build_in([draft, folder]: &[PathBuf; 2], reader: &dyn Reader, end: &dyn Fn() -> u64) -> Result<Meta, Trouble> {
    let mut db = Database::open(&Place::Folder(folder.to_owned()))?;
    let mut meta = {
        let (draft, meta) = build::open(&Place::Folder(draft.to_owned()), reader, projections::all)?;
        let meta = catch_panics(|| catch_up(&draft, meta, reader, end(), projections::all, &mut |_| {}))?;
        draft.copy_to(&mut db, &|| room_for(folder, 0))?;
        meta
    };
    remove(draft).map_err(disk)?;
    for _ in 0..ROUNDS_MAX {
        let end = end();
        meta = catch_panics(|| catch_up(&db, meta, reader, end, projections::all, &mut |_| {}))?;
        if end.saturating_sub(meta.seq) < FEW_RECORDS || end == u64::MAX {
            break;
        }
    }
    db.flush()?;
    Ok(meta)
}

/// Whether there is space for a draft and its copy without taking space that records need.
fn room_for(store: &Path, bytes: u64) -> Result<(), Trouble> {
    if has_room(store.parent().unwrap_or(store), bytes) {
        return Ok(());
    }
    Err(Trouble::Disk("not enough disk space: rebuilding needs twice the store's size".into()))
}

/// Renames the new store to the old one's name. If `then` fails, restores the old one.
///
/// # Errors
///
/// Disk errors, or those of `then`.
pub fn swap<T>(store: &Path, then: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
    let (new, old) = (beside(store, UNFINISHED), beside(store, OLD));
    remove(&old).map_err(disk)?;
    if store.exists() {
        fs::rename(store, &old).map_err(disk)?;
    }
    let named = fs::rename(&new, store).and_then(|()| sync_parent(store)).map_err(disk);
    named.and_then(|()| then()).inspect_err(|_| {
        // If even this fails, the next start builds the store from the journal.
        let _best = fs::rename(store, &new).and_then(|()| fs::rename(&old, store));
    })
}

/// Removes unused folders, also after a crash: the old store stays in use if the new one had not replaced it.
///
/// # Errors
///
/// Any I/O error.
pub fn tidy(store: &Path) -> io::Result<()> {
    let old = beside(store, OLD);
    if old.exists() && !store.exists() {
        fs::rename(&old, store)?;
        sync_parent(store)?;
    }
    [OLD, UNFINISHED, DRAFT].iter().try_for_each(|end| remove(&beside(store, end)))
}

/// The same before a start, which continues if this fails.
pub fn tidy_or_tell(store: &Path) {
    if let Err(error) = tidy(store) {
        tracing::warn!(reason = %error, "cannot remove files left by an earlier rebuild of the store");
    }
}

/// The size of all files in a folder, if it exists.
///
/// # Errors
///
/// Any I/O error.
pub fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    if !folder.exists() {
        return Ok(bytes);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = match entry.metadata() {
            // sled removes its snapshots at any time.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

fn beside(store: &Path, end: &str) -> PathBuf {
    let name = store.file_name().unwrap_or_default().to_string_lossy();
    store.with_file_name(format!("{name}.{end}"))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn sync_parent(store: &Path) -> io::Result<()> {
    store.parent().map_or(Ok(()), sync_folder)
}

/// Converts a disk error.
pub fn disk(error: io::Error) -> Trouble {
    Trouble::Disk(error.to_string())
}
