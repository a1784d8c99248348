//! Opens journal and store together, so that neither silently lacks what the other has.

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::journal::error::{OpenError, ReadError};
use crate::journal::file::FileJournal;
use crate::journal::line::Line;
use crate::journal::place;
use crate::journal::port::{Head, Journal};
use crate::journal::segment::{self, Segment};
use crate::store::Store;
use crate::store::error::{StoreError, Trouble};
use crate::store::lines::{Lines, salvage};
use crate::store::meta::Meta;
use crate::store::repair::{open_or_repair, repair, replace};
use crate::store::replay::Recovered;
use crate::store::sled::compact;
use crate::store::sled::database::Database;
use crate::store::sled::tree::Place;

/// How often to repair one from the other: each may have lost something at its start and its end.
const MENDS_MAX: u32 = 3;

/// Why journal and store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Journal(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store has other records than the journal, and they do not follow from the journal's end.
    #[error(
        "the journal {} and the store {} do not belong together: {reason}\n\
         hint: copy both folders to a safe place first. If segments of the journal were lost or swapped, restore them \
         from a backup, and check with `wardbell audit verify` that the last record is the one you expect. If the \
         journal is correct, move the store's folder away and start again: the store is rebuilt, and records that only \
         it has are lost",
        .journal.display(),
        .store.display()
    )]
    Apart {
        journal: PathBuf,
        store: PathBuf,
        /// What does not match.
        reason: String,
    },
}

/// Opens a journal and its store; damage to one is repaired from the other.
///
/// A journal that ends before its store has lost acknowledged records, because the store only ever follows it. They are
/// written back if they follow from the journal's end. A loss in both cannot be detected here; a head reported by
/// `wardbell audit verify` and stored elsewhere can show it.
///
/// # Errors
///
/// See [`StartError`]; no record was changed.
pub fn open(journal: &Path, store: &Path, now: DateTime<Utc>) -> Result<(FileJournal, Store, Recovered), StartError> {
    // First, so that nothing used by another daemon is touched, whatever happened to its journal's own lock.
    let beside = hold_beside(journal)?;
    compact::tidy_or_tell(store);
    let was_there = journal.exists();
    let (mut opened, _) = open_or_repair(journal, store)?;
    if opened.head().seq == 0 {
        // If the disk prevents reading the store, it is not set aside, and is tried again later.
        if let Err(Trouble::Broken(reason)) = what_a_store_knows(store) {
            let reason = format!("the journal is empty, and the store's record count cannot be read: {reason}");
            return Err(StartError::Apart { journal: journal.to_owned(), store: store.to_owned(), reason });
        }
        if was_there {
            tracing::warn!(
                folder = %journal.display(),
                "the record's folder exists but is empty: if this is not the first start, restore a backup"
            );
        }
    }
    for _ in 0..MENDS_MAX {
        match Store::open(store, &opened, now) {
            Err(StoreError::Journal(ReadError::Damage(damage))) => {
                tracing::warn!(%damage, "the store must be rebuilt, and earlier parts of the record are damaged");
            }
            Err(StoreError::Apart(reason)) => {
                tracing::warn!(%reason, "the journal and the store differ; looking in the store for what the journal is missing");
                let (head, records) = write_back(&opened, journal, store, reason)?;
                tracing::warn!(records, head, "lost records were written back to the journal");
            }
            other => {
                let opened = opened.holding(beside);
                return other.map(|(store, recovered)| (opened, store, recovered)).map_err(StartError::from);
            }
        }
        drop(opened);
        repair(journal, store)?;
        (opened, _) = open_or_repair(journal, store)?;
    }
    let (store, recovered) = Store::open(store, &opened, now)?;
    Ok((opened.holding(beside), store, recovered))
}

/// Locks the folder that contains journal and store.
fn hold_beside(journal: &Path) -> Result<File, OpenError> {
    let beside = segment::parent(journal);
    segment::create_folder(beside).map_err(|error| OpenError::setup(beside, error))?;
    place::hold(beside).map_err(|error| error.about(journal))
}

/// The position of a store, if there is one: an empty record must not replace a lost one.
fn what_a_store_knows(store: &Path) -> Result<Meta, Trouble> {
    let is_there = std::fs::read_dir(store).is_ok_and(|mut entries| entries.next().is_some());
    if !is_there {
        return Ok(Meta::START);
    }
    Database::open(&Place::Folder(store.to_owned()))?.meta()
}

/// Writes the records after the journal's end to a new segment. Returns the last one's number and their count.
///
/// The open journal keeps others from appending. It must be verified and opened again afterwards.
fn write_back(opened: &FileJournal, journal: &Path, store: &Path, reason: String) -> Result<(u64, u64), StartError> {
    let apart = |reason| StartError::Apart { journal: journal.to_owned(), store: store.to_owned(), reason };
    let head = opened.head();
    let (meta, copy) = copy_behind(head, store).map_err(|trouble| apart(format!("{reason}, and {trouble}")))?;
    let lines = behind(head, meta, &copy).ok_or_else(|| apart(reason))?;
    let segment = Segment::beginning(journal, head.seq + 1);
    replace(journal, &segment.path, &lines).map_err(|error| OpenError::setup(&segment.path, error))?;
    Ok((meta.seq, meta.seq - head.seq))
}

/// The store's position, and its lines after the journal's end.
fn copy_behind(head: Head, store: &Path) -> Result<(Meta, Lines), Trouble> {
    let db = Database::open(&Place::Folder(store.to_owned()))?;
    let meta = db.meta()?;
    Ok((meta, salvage(&db, &(head.seq + 1..meta.seq + 1))))
}

/// The lines from the journal's end to the store's, if they form a chain.
fn behind(head: Head, meta: Meta, copy: &Lines) -> Option<Vec<u8>> {
    let (mut prev, mut lines) = (head.hash, Vec::new());
    for seq in head.seq + 1..=meta.seq {
        let line = copy.get(&seq)?;
        let parts = Line::split(line).ok().filter(|parts| parts.prev == prev)?;
        lines.extend_from_slice(line);
        lines.push(b'\n');
        prev = parts.hash;
    }
    (meta.seq > head.seq && prev == meta.hash).then_some(lines)
}
