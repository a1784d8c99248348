//! The embedded database, isolated: any failure inside it, even a panic, is returned as a [`Trouble`].

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sled::IVec;

use crate::store::error::Trouble;
use crate::store::meta::Meta;
use crate::store::sled::catch_panics::catch_panics;
use crate::store::sled::changes::Changes;
use crate::store::sled::key_filter::KeyFilter;
use crate::store::sled::panic_redaction::redacted;
use crate::store::sled::timer_slack::with_timer_slack;
use crate::store::sled::tree::{Pair, Place, Tree};

/// sled's cache: enough to look up open incidents, and far below its default of a gigabyte. The system caches the file
/// as well.
const CACHE_BYTES: u64 = 8 << 20;

/// Pairs copied per batch.
const COPIED_AT_ONCE: usize = 300;

/// Pairs removed per batch.
const REMOVED_AT_ONCE: usize = 2_000;

/// The key of the position.
const META: &[u8] = b"m";

/// The key of the last record that had been pruned.
pub const BUILT_FROM: &[u8] = b"b";

/// How often sled looks for space to free. It also flushes then, but the store flushes long before.
const TIDY_EVERY_MS: u64 = 10_000;

/// How often to try the lock: a database that was just closed stays locked for a moment.
const LOCK_TRIES: u32 = 100;

/// The pause between tries.
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Takes a key and its value; an error ends the visit.
pub type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), Trouble>;

/// Takes a key and its value; the visit ends once something is found.
pub type Find<'a, T> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<Option<T>, Trouble>;

pub struct Database {
    /// `None` only while it is dropped.
    db: Option<Tree>,
    pub(in crate::store) known: Arc<KeyFilter>,
}

impl Database {
    /// Opens the database or creates an empty one.
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
            match catch_panics(|| Ok(with_timer_slack(|| config.open())?)) {
                Err(Trouble::Disk(reason)) if reason.contains("could not acquire lock") => thread::sleep(LOCK_PAUSE),
                other => return Self::over(Tree::Sled(other?)),
            }
        }
        Err(Trouble::Disk("another process has it open".into()))
    }

    fn over(tree: Tree) -> Result<Self, Trouble> {
        let known = Arc::new(catch_panics(|| KeyFilter::read(&tree))?);
        Ok(Self { db: Some(tree), known })
    }

    fn db(&self) -> Result<&Tree, Trouble> {
        self.db.as_ref().ok_or_else(|| Trouble::Broken("it is closed".into()))
    }

    /// How much of the journal was applied.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn meta(&self) -> Result<Meta, Trouble> {
        match self.get(META)? {
            None if self.db()?.is_empty()? => Ok(Meta::START),
            None => Err(Trouble::Broken("its position is missing".into())),
            Some(bytes) => {
                Meta::from_bytes(&bytes).ok_or_else(|| Trouble::Broken("it was written by another version".into()))
            }
        }
    }

    /// The last record that had been pruned from the journal when the database was built; 0 if none had been.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn built_from(&self) -> Result<u64, Trouble> {
        let Some(bytes) = self.get(BUILT_FROM)? else { return Ok(0) };
        let bytes = bytes.as_ref().try_into().map_err(|_| Trouble::unreadable("its build source"))?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// The version of a projection, if the database contains all of it.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn version_of(&self, projection: &str) -> Result<Option<u8>, Trouble> {
        Ok(self.get(&version_key(projection))?.and_then(|bytes| bytes.first().copied()))
    }

    /// Removes everything stored under a letter.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; a part may have been removed.
    pub fn clear(&self, letter: u8) -> Result<(), Trouble> {
        catch_panics(|| {
            loop {
                let db = self.db()?;
                let some = db.prefixed(&[letter])?.take(REMOVED_AT_ONCE);
                let some: Vec<_> =
                    some.map(|pair| pair.map(|(key, _)| (key.to_vec(), None))).collect::<Result<_, _>>()?;
                if some.is_empty() {
                    return Ok(());
                }
                db.apply(some)?;
            }
        })
    }

    /// Applies all changes atomically.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn apply(&self, mut changes: Changes, meta: Meta) -> Result<(), Trouble> {
        changes.put(META.to_vec(), meta.to_bytes());
        let changes = changes.into_list();
        self.known.add(&changes);
        catch_panics(|| self.db()?.apply(changes))
    }

    /// Copies everything to an empty database in key order, as long as `may_go_on` succeeds.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; the other database is then incomplete.
    pub fn copy_to(&self, other: &mut Self, may_go_on: &dyn Fn() -> Result<(), Trouble>) -> Result<(), Trouble> {
        catch_panics(|| {
            let (mut pairs, copy) = (self.db()?.prefixed(&[])?.peekable(), other.db()?);
            while pairs.peek().is_some() {
                may_go_on()?;
                let some = pairs.by_ref().take(COPIED_AT_ONCE);
                let some: Result<Vec<_>, Trouble> =
                    some.map(|pair| pair.map(|(key, value)| (key.to_vec(), Some(value.to_vec())))).collect();
                copy.apply(some?)?;
                // Only flushed data makes room for more.
                copy.flush()?;
            }
            Ok(())
        })?;
        other.known = Arc::clone(&self.known);
        Ok(())
    }

    /// Flushes applied changes to the system.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn flush(&self) -> Result<(), Trouble> {
        catch_panics(|| self.db()?.flush())
    }

    /// Reads a short value.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn get(&self, key: &[u8]) -> Result<Option<IVec>, Trouble> {
        if !self.known.may_hold(key) {
            return Ok(None);
        }
        catch_panics(|| self.db()?.get(key))
    }

    /// Reads a value that may have several parts.
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

    /// Visits all multi-part values whose keys have this prefix, in order; keys come without part numbers.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn scan_long(&self, prefix: &[u8], visit: Visit<'_>) -> Result<(), Trouble> {
        self.find_long(prefix, &mut |key, value| visit(key, value).map(|()| None::<()>)).map(drop)
    }

    /// Like [`scan_long`](Self::scan_long), until something is found; later values are not read.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn find_long<T>(&self, prefix: &[u8], find: Find<'_, T>) -> Result<Option<T>, Trouble> {
        catch_panics(|| {
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

    /// The same in slices of a limited number of values after a key, so that other users of the database get a turn.
    /// Returns the key to continue after, if there is more.
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
        catch_panics(|| {
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

    /// All keys with this prefix, in order.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn keys(&self, prefix: &[u8]) -> Result<Vec<IVec>, Trouble> {
        catch_panics(|| self.db()?.prefixed(prefix)?.map(|pair| Ok(pair?.0)).collect())
    }

    /// The keys and short values between two keys, last first.
    ///
    /// # Errors
    ///
    /// [`Trouble`] if the database is closed.
    pub fn backwards(&self, from: &[u8], to: &[u8]) -> Result<Box<dyn Iterator<Item = Pair>>, Trouble> {
        self.db()?.backwards(from, to)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let db = self.db.take();
        // Dropping sled may panic if the disk fails; there is no one to report it to.
        let _panicked = redacted(|| catch_unwind(AssertUnwindSafe(|| drop(db))));
    }
}

/// A partially written snapshot makes every later open fail.
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

/// The key of a projection's version.
pub fn version_key(projection: &str) -> Vec<u8> {
    [b"v", projection.as_bytes()].concat()
}

fn lost_part() -> Trouble {
    Trouble::Broken("a part of a value is missing".into())
}
