//! The embedded database, held at arm's length: whatever it does, a panic included, comes back as a [`Trouble`].

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sled::IVec;

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::journal::error::ReadError;
use crate::store::changes::Changes;
use crate::store::guard::guarded;
use crate::store::hush::hushed;
use crate::store::keys::{self, META, Number};
use crate::store::known::Known;
use crate::store::quiet::quietly;
use crate::store::tree::{Pair, Place, Tree};
use crate::store::value;

/// Pages that sled may keep in memory: enough for the lookups of what is open, and far from its default of a gigabyte. The
/// system keeps the file's pages besides.
const CACHE_BYTES: u64 = 8 << 20;

/// So many pairs are copied at once.
const COPIED_AT_ONCE: usize = 300;

/// How often sled looks for space to give back. It flushes then too, but the store flushes long before.
const TIDY_EVERY_MS: u64 = 10_000;

/// Which layout of keys and values this version writes; another one is built anew from the journal.
const LAYOUT: u8 = 2;

/// A database that was just closed may be locked for a moment still: it is tried this often.
const LOCK_TRIES: u32 = 100;

/// The pause between those.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Why the store cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The disk is full, gone or read-only: the database is sound and wants to be opened again.
    #[error("the store's disk cannot be used: {0}")]
    Disk(String),
    /// The database is broken: it wants to be built anew.
    #[error("the store is broken: {0}")]
    Broken(String),
    /// The database is sound and holds other records than the journal: one of the two has lost or exchanged some.
    #[error("{0}")]
    Apart(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::Disk(error.to_string()),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for Trouble {
    /// The text is not repeated: it may hold what a source sent.
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(format!("a value cannot be read ({:?} error in column {})", error.classify(), error.column()))
    }
}

/// How far the journal was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The last record.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// By how much the wall clock has jumped ahead over the record, in milliseconds.
    pub stepped_ms: i64,
    /// How many incidents are open.
    pub open: u64,
}

impl Meta {
    /// Before the first record.
    pub const START: Self = Self { seq: 0, hash: Digest::ZERO, stepped_ms: 0, open: 0 };

    fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.seq.to_be_bytes(), self.stepped_ms.to_be_bytes(), self.open.to_be_bytes()];
        [&[LAYOUT], numbers.as_flattened(), self.hash.to_hex().as_slice()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.strip_prefix(&[LAYOUT])?.split_first_chunk()?;
        let (stepped, rest) = rest.split_first_chunk()?;
        let (open, hash) = rest.split_first_chunk()?;
        Some(Self {
            seq: u64::from_be_bytes(*seq),
            hash: std::str::from_utf8(hash).ok()?.parse().ok()?,
            stepped_ms: i64::from_be_bytes(*stepped),
            open: u64::from_be_bytes(*open),
        })
    }
}

/// Takes a key and its value; trouble ends the visit.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Trouble>;

/// Takes a key and its value; the visit ends with the first that it finds something in.
pub type Find<'a, T> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<Option<T>, Trouble>;

/// The embedded database.
pub struct Database {
    /// `None` only while it is dropped.
    db: Option<Tree>,
    pub(in crate::store) known: Arc<Known>,
}

impl Database {
    /// Opens it, or makes an empty one.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn open(place: &Place) -> Result<Self, Trouble> {
        let folder = match place {
            Place::Folder(folder) => folder,
            Place::Memory(memory) => return Self::over(Tree::Memory(memory.clone())),
        };
        let disk = |error: io::Error| Trouble::Disk(error.to_string());
        crate::journal::segment::create_folder(folder).map_err(disk)?;
        remove_half_snapshots(folder).map_err(disk)?;
        let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(TIDY_EVERY_MS));
        for _ in 0..LOCK_TRIES {
            match guarded(|| Ok(quietly(|| config.open())?)) {
                Err(Trouble::Disk(reason)) if reason.contains("could not acquire lock") => thread::sleep(LOCK_PAUSE),
                other => return Self::over(Tree::Sled(other?)),
            }
        }
        Err(Trouble::Disk("another process has it open".into()))
    }

    fn over(tree: Tree) -> Result<Self, Trouble> {
        let known = Arc::new(guarded(|| Known::read(&tree))?);
        Ok(Self { db: Some(tree), known })
    }

    fn db(&self) -> Result<&Tree, Trouble> {
        self.db.as_ref().ok_or_else(|| Trouble::Broken("it is closed".into()))
    }

    /// How far the journal was applied.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn meta(&self) -> Result<Meta, Trouble> {
        match self.get(META)? {
            None if self.db()?.is_empty()? => Ok(Meta::START),
            None => Err(Trouble::Broken("it does not tell how far it has come".into())),
            Some(bytes) => {
                Meta::from_bytes(&bytes).ok_or_else(|| Trouble::Broken("another version has written it".into()))
            }
        }
    }

    /// Makes all changes at once.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn apply(&self, mut changes: Changes, meta: Meta) -> Result<(), Trouble> {
        changes.put(META.to_vec(), meta.to_bytes());
        let changes = changes.into_list();
        self.known.add(&changes);
        guarded(|| self.db()?.apply(changes))
    }

    /// Copies all that it holds into an empty one, in the order of the keys, for as long as `may_go_on` says so.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; the other one is half filled then.
    pub fn copy_to(&self, other: &mut Self, may_go_on: &dyn Fn() -> Result<(), Trouble>) -> Result<(), Trouble> {
        guarded(|| {
            let (mut pairs, copy) = (self.db()?.prefixed(&[])?.peekable(), other.db()?);
            while pairs.peek().is_some() {
                may_go_on()?;
                let some = pairs.by_ref().take(COPIED_AT_ONCE);
                let some: Result<Vec<_>, Trouble> =
                    some.map(|pair| pair.map(|(key, value)| (key.to_vec(), Some(value.to_vec())))).collect();
                copy.apply(some?)?;
                // Only what is flushed leaves room for what follows.
                copy.flush()?;
            }
            Ok(())
        })?;
        other.known = Arc::clone(&self.known);
        Ok(())
    }

    /// Hands all that was applied to the system.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn flush(&self) -> Result<(), Trouble> {
        guarded(|| self.db()?.flush())
    }

    /// A short value.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn get(&self, key: &[u8]) -> Result<Option<IVec>, Trouble> {
        if !self.known.may_hold(key) {
            return Ok(None);
        }
        guarded(|| self.db()?.get(key))
    }

    /// An incident's number.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn number(&self, id: IncidentId) -> Result<Option<Number>, Trouble> {
        let Some(bytes) = self.get(&keys::incident(id))? else { return Ok(None) };
        let bytes = bytes.as_ref().try_into().map_err(|_| lost_part())?;
        Ok(Some(Number(u64::from_be_bytes(bytes))))
    }

    /// Whether an incident is open.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn is_open(&self, number: Number) -> Result<bool, Trouble> {
        Ok(self.get(&[&number.open()[..], &[0, 0]].concat())?.is_some())
    }

    /// An incident's state, open or closed, as it stands.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn incident(&self, number: Number) -> Result<Option<Incident>, Trouble> {
        let Some(state) = self.state(number)? else { return Ok(None) };
        // Read after the state, the clock's steps are never older than those in it.
        value::read_state(&state, self.meta()?.stepped_ms).map(Some)
    }

    /// An incident's state, open or closed, as it stands after such steps of the wall clock.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn incident_stepped(&self, number: Number, stepped_ms: i64) -> Result<Option<Incident>, Trouble> {
        self.state(number)?.map(|state| value::read_state(&state, stepped_ms)).transpose()
    }

    /// Closed ones are looked through last: one that moves meanwhile is found in one of the two places.
    fn state(&self, number: Number) -> Result<Option<Vec<u8>>, Trouble> {
        match self.get_long(&number.open())? {
            Some(state) => Ok(Some(state)),
            None => self.get_long(&number.closed()),
        }
    }

    /// A value that may have several parts.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn get_long(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let part = |number: u16| self.get(&[key, &number.to_be_bytes()].concat());
        let Some(first) = part(0)? else { return Ok(None) };
        let (count, bytes) = first.split_first_chunk().ok_or_else(lost_part)?;
        let mut value = bytes.to_vec();
        for number in 1..u16::from_be_bytes(*count) {
            value.extend_from_slice(&part(number)?.ok_or_else(lost_part)?);
        }
        Ok(Some(value))
    }

    /// Visits all values of several parts whose keys begin so, in order; the keys without the parts' numbers.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn scan_long(&self, prefix: &[u8], visit: Visit<'_>) -> Result<(), Trouble> {
        self.find_long(prefix, &mut |key, value| visit(key, value).map(|()| None::<()>)).map(drop)
    }

    /// Like [`scan_long`](Self::scan_long), until something is found; the values after it are not read.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn find_long<T>(&self, prefix: &[u8], find: Find<'_, T>) -> Result<Option<T>, Trouble> {
        guarded(|| {
            for item in self.db()?.prefixed(prefix)? {
                let (key, value) = item?;
                let Some(key) = key.strip_suffix(&[0, 0]) else { continue };
                let mut found = None;
                self.visit(key, &value, &mut |key, value| find(key, value).map(|one| found = one))?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        })
    }

    /// The same in slices, so that whoever waits for the database gets a turn: so many values at most, behind a key. Where
    /// there are more, the key to go on behind.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn scan_some(
        &self,
        prefix: &[u8],
        behind: &[u8],
        most: usize,
        visit: Visit<'_>,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        guarded(|| {
            let mut seen = 0;
            for item in self.db()?.prefixed_behind(prefix, behind)? {
                let (key, value) = item?;
                let Some(key) = key.strip_suffix(&[0, 0]) else { continue };
                self.visit(key, &value, visit)?;
                seen += 1;
                if seen == most {
                    return Ok(Some(key.to_vec()));
                }
            }
            Ok(None)
        })
    }

    fn visit(&self, key: &[u8], first: &[u8], visit: Visit<'_>) -> Result<(), Trouble> {
        let (count, bytes) = first.split_first_chunk().ok_or_else(lost_part)?;
        match u16::from_be_bytes(*count) {
            1 => visit(key, bytes),
            _ => visit(key, &self.get_long(key)?.ok_or_else(lost_part)?),
        }
    }

    /// All keys that begin so, in order.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn keys(&self, prefix: &[u8]) -> Result<Vec<IVec>, Trouble> {
        guarded(|| self.db()?.prefixed(prefix)?.map(|pair| Ok(pair?.0)).collect())
    }

    /// The keys and short values between two keys, the last first.
    ///
    /// # Errors
    ///
    /// [`Trouble`] where the database is closed.
    pub fn backwards(&self, from: &[u8], to: &[u8]) -> Result<Box<dyn Iterator<Item = Pair>>, Trouble> {
        self.db()?.backwards(from, to)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let db = self.db.take();
        // sled's own end may panic where the disk fails; there is nobody left to tell.
        let _panicked = hushed(|| catch_unwind(AssertUnwindSafe(|| drop(db))));
    }
}

/// A snapshot that was being written when the process ended keeps every later open from working.
fn remove_half_snapshots(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn lost_part() -> Trouble {
    Trouble::Broken("a part of a value is missing".into())
}
