//! A sorted key-value store: sled's, or one in memory, so that a whole daemon can be stepped through without a disk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sled::IVec;

use crate::store::error::Trouble;
use crate::store::sled::timer_slack::with_timer_slack;

/// The location of a database.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder on the machine.
    Folder(PathBuf),
    Memory(MemoryPlace),
}

/// A database's location in memory. Clones share it, so that it outlives its users, like a disk.
#[derive(Debug, Clone, Default)]
pub struct MemoryPlace {
    held: Arc<Mutex<Held>>,
}

type Pairs = BTreeMap<Vec<u8>, IVec>;

#[derive(Debug, Default)]
struct Held {
    live: Pairs,
    flushed: Pairs,
    unflushed: Vec<Vec<Change>>,
    failure: Option<Trouble>,
}

/// Shared bytes.
pub type Bytes = IVec;

/// A key with its new value, or `None` to remove it.
pub type Change = (Vec<u8>, Option<Vec<u8>>);

/// A key-value pair, or a read error.
pub type Pair = Result<(IVec, IVec), Trouble>;

impl MemoryPlace {
    /// Loses what was not flushed, like a power cut.
    pub fn lose_unflushed(&self) {
        let mut held = self.lock();
        held.unflushed.clear();
        held.live = held.flushed.clone();
    }

    /// Makes every use fail for this reason, until reset.
    pub fn fail(&self, reason: Option<&str>) {
        self.lock().failure = reason.map(|reason| Trouble::Disk(reason.to_owned()));
    }

    /// Makes every value unreadable, like a disk that returns garbage.
    pub fn spoil(&self) {
        let mut held = self.lock();
        let spoilt: Pairs = held.live.keys().map(|key| (key.clone(), IVec::from(&b"spoilt"[..]))).collect();
        (held.live, held.flushed) = (spoilt.clone(), spoilt);
        held.unflushed.clear();
    }

    /// Whether any key or value contains these bytes, flushed or not, if `is_meant` accepts what precedes them.
    pub fn holds(&self, bytes: &[u8], is_meant: &dyn Fn(&[u8]) -> bool) -> bool {
        let held = self.lock();
        let flushed_only = held.flushed.iter().filter(|(key, value)| held.live.get(*key) != Some(*value));
        let first = bytes.first().copied().unwrap_or_default();
        let has = |text: &[u8]| {
            let mut begins = (0..text.len()).filter(|at| text[*at] == first);
            begins.any(|at| text[at..].starts_with(bytes) && is_meant(&text[..at]))
        };
        held.live.iter().chain(flushed_only).any(|(key, value)| has(key) || has(value))
    }

    pub fn quarantined(&self) {
        *self.lock() = Held::default();
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn working(&self) -> Result<MutexGuard<'_, Held>, Trouble> {
        let held = self.lock();
        match &held.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(held),
        }
    }
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => Self::Disk(error.to_string()),
            other => Self::Broken(other.to_string()),
        }
    }
}

/// An open database.
pub enum Tree {
    /// On disk.
    Sled(sled::Db),
    Memory(MemoryPlace),
}

impl Tree {
    /// Whether it is empty.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn is_empty(&self) -> Result<bool, Trouble> {
        match self {
            Self::Sled(db) => Ok(db.is_empty()),
            Self::Memory(place) => Ok(place.working()?.live.is_empty()),
        }
    }

    /// Applies all changes or none.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn apply(&self, changes: Vec<Change>) -> Result<(), Trouble> {
        match self {
            Self::Sled(db) => {
                let mut batch = sled::Batch::default();
                for (key, value) in changes {
                    match value {
                        Some(value) => batch.insert(key, value),
                        None => batch.remove(key),
                    }
                }
                Ok(with_timer_slack(|| db.apply_batch(batch))?)
            }
            Self::Memory(place) => {
                let mut held = place.working()?;
                change(&mut held.live, &changes);
                held.unflushed.push(changes);
                Ok(())
            }
        }
    }

    /// Flushes applied changes to the system.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn flush(&self) -> Result<(), Trouble> {
        match self {
            Self::Sled(db) => Ok(with_timer_slack(|| db.flush().map(drop))?),
            Self::Memory(place) => {
                let held = &mut *place.working()?;
                held.unflushed.drain(..).for_each(|changes| change(&mut held.flushed, &changes));
                Ok(())
            }
        }
    }

    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn get(&self, key: &[u8]) -> Result<Option<IVec>, Trouble> {
        match self {
            Self::Sled(db) => Ok(db.get(key)?),
            Self::Memory(place) => Ok(place.working()?.live.get(key).cloned()),
        }
    }

    /// The pairs whose keys have this prefix, in order.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn prefixed(&self, prefix: &[u8]) -> Result<Box<dyn Iterator<Item = Pair>>, Trouble> {
        match self {
            Self::Sled(db) => Ok(Box::new(db.scan_prefix(prefix).map(|item| Ok(item?)))),
            Self::Memory(place) => {
                let held = place.working()?;
                let pairs = held.live.range(prefix.to_vec()..).take_while(|(key, _)| key.starts_with(prefix));
                Ok(taken(pairs))
            }
        }
    }

    /// The same after a key and all keys that extend it.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn prefixed_behind(&self, prefix: &[u8], behind: &[u8]) -> Result<Box<dyn Iterator<Item = Pair>>, Trouble> {
        // No longer key sorts after this one.
        let from = if behind.is_empty() { prefix.to_vec() } else { [behind, &[u8::MAX; 3]].concat() };
        let begins = prefix.to_vec();
        match self {
            Self::Sled(db) => {
                let begins_so = move |pair: &Pair| pair.as_ref().map_or(true, |(key, _)| key.starts_with(&begins));
                Ok(Box::new(db.range(from..).map(|item| Ok(item?)).take_while(begins_so)))
            }
            Self::Memory(place) => {
                let held = place.working()?;
                Ok(taken(held.live.range(from..).take_while(|(key, _)| key.starts_with(&begins))))
            }
        }
    }

    /// The pairs between two keys, last first.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn backwards(&self, from: &[u8], to: &[u8]) -> Result<Box<dyn Iterator<Item = Pair>>, Trouble> {
        let range = from.to_vec()..to.to_vec();
        match self {
            Self::Sled(db) => Ok(Box::new(db.range(range).rev().map(|item| Ok(item?)))),
            Self::Memory(place) => Ok(taken(place.working()?.live.range(range).rev())),
        }
    }
}

fn change(pairs: &mut Pairs, changes: &[Change]) {
    for (key, value) in changes {
        match value {
            Some(value) => drop(pairs.insert(key.clone(), value.as_slice().into())),
            None => drop(pairs.remove(key)),
        }
    }
}

fn taken<'a>(pairs: impl Iterator<Item = (&'a Vec<u8>, &'a IVec)>) -> Box<dyn Iterator<Item = Pair>> {
    let pairs: Vec<Pair> = pairs.map(|(key, value)| Ok((key.as_slice().into(), value.clone()))).collect();
    Box::new(pairs.into_iter())
}
