//! What is derived from the journal and answers questions; it can be deleted and is built again.
//!
//! A thread of its own applies what was recorded, some time after it was answered: whoever must see a record waits for
//! it with [`Store::wait_applied`]. Whatever happens to the database (a full disk, damage, a panic inside it), questions
//! are answered with [`StoreError::Unavailable`] until it is mended from the journal; nothing else stops.

mod applier;
pub mod batch;
pub mod build;
mod derivation;
pub mod error;
pub mod fold;
pub mod lines;
mod listed;
pub mod meta;
mod number;
pub mod projection;
pub mod projections;
pub mod query;
mod reading;
mod rebuild;
pub mod repair;
pub mod replay;
mod shared;
pub mod sled;
pub mod start;
mod states;

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::playbook::Playbook;
use crate::journal::port::{Journal, Reader};
use crate::store::applier::Applier;
use crate::store::batch::Batch;
use crate::store::error::{StoreError, Trouble};
use crate::store::lines::Lines;
use crate::store::meta::Meta;
use crate::store::projections::plans::LastPlan;
use crate::store::projections::{
    answers, channel_tests, links, listing, plans, playbooks, purged, timeline, wall_clock,
};
use crate::store::query::{Filter, History, LinkTarget, Listing, Receipt};
use crate::store::replay::Recovered;
use crate::store::shared::Shared;
use crate::store::sled::compact;
use crate::store::sled::compact::{CompactError, Compacted};
use crate::store::sled::database::Database;
use crate::store::sled::key_filter::KeyFilter;
use crate::store::sled::quarantine::set_aside;
use crate::store::sled::tree::{MemoryPlace, Place};

/// Answers questions about all that was ever recorded.
pub struct Store {
    shared: Arc<Shared>,
    /// What it is built from anew, by one at a time.
    source: Mutex<(Place, Box<dyn Reader>)>,
    worker: Mutex<Worker>,
}

/// Who applies what is handed over.
enum Worker {
    /// A thread of its own.
    Thread(JoinHandle<()>),
    /// Whoever calls [`Store::step`].
    Caller(Box<Applier>),
    /// Nobody any more.
    Ended,
}

impl Store {
    /// Opens the store of a folder and brings it up to the journal's end; builds it anew where it is missing or broken.
    /// Where the disk does not let it be used, it starts without it and mends it later.
    ///
    /// # Errors
    ///
    /// A damaged journal, where it had to be read; [`StoreError::Apart`] where the store holds what the journal lacks.
    pub fn open(folder: &Path, journal: &dyn Journal, now: DateTime<Utc>) -> Result<(Self, Recovered), StoreError> {
        let place = Place::Folder(folder.to_owned());
        compact::tidy_or_tell(folder);
        let (applier, recovered) = open_or_go_without(place.clone(), journal, now)?;
        let source = Mutex::new((place, journal.reader()));
        let shared = Arc::clone(&applier.shared);
        let thread = thread::Builder::new().name("store".into()).spawn(move || applier.run());
        let thread = thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok((Self { shared, source, worker: Mutex::new(Worker::Thread(thread)) }, recovered))
    }

    /// The same in memory and without a thread, so that each of its steps can be placed: nothing is applied but by
    /// [`step`](Self::step).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_in_memory(
        place: &MemoryPlace,
        journal: &dyn Journal,
        now: DateTime<Utc>,
    ) -> Result<(Self, Recovered), StoreError> {
        let (applier, recovered) = open_or_go_without(Place::Memory(place.clone()), journal, now)?;
        let shared = Arc::clone(&applier.shared);
        let source = Mutex::new((Place::Memory(place.clone()), journal.reader()));
        Ok((Self { shared, source, worker: Mutex::new(Worker::Caller(Box::new(applier))) }, recovered))
    }

    /// Does what the store's own thread would do next: applies what was handed over, else hands it to the system, or
    /// mends what is broken. A store with a thread needs no help.
    pub fn step(&self) {
        if let Worker::Caller(applier) = &mut *self.lock() {
            applier.step();
        }
    }

    /// Hands over what was appended to the journal, in its order. Never waits for the database.
    pub fn apply(&self, batch: Batch) {
        self.shared.push(batch);
    }

    /// The last record that was applied.
    pub fn applied(&self) -> u64 {
        *self.shared.applied.borrow()
    }

    /// Waits until a record is applied; whether it was in time.
    pub async fn wait_applied(&self, seq: u64, timeout: Duration) -> bool {
        let mut applied = self.shared.applied.subscribe();
        self.shared.want(seq);
        let wait = applied.wait_for(|applied| *applied >= seq);
        tokio::time::timeout(timeout, wait).await.is_ok_and(|waited| waited.is_ok())
    }

    /// What a source was answered to an event.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn receipt(&self, source: &SourceName, event_id: &str) -> Result<Option<Receipt>, StoreError> {
        self.shared.read(|db| answers::receipt(db, source, event_id))
    }

    /// Whether it knows that a source was answered to an event, also while it cannot tell what.
    pub fn has_answered(&self, source: &SourceName, event_id: &str) -> bool {
        self.shared.holds(&answers::key(source, event_id))
    }

    /// Where a link leads.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn link(&self, hash: &Digest) -> Result<Option<LinkTarget>, StoreError> {
        self.shared.read(|db| links::find(db, hash))
    }

    /// An incident, open or closed.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn incident(&self, id: IncidentId) -> Result<Option<Incident>, StoreError> {
        self.shared.read(|db| states::incident(db, id))
    }

    /// An incident with all that happened to it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn history(&self, id: IncidentId) -> Result<Option<History>, StoreError> {
        self.shared.read(|db| {
            let Some(number) = states::number(db, id)? else { return Ok(None) };
            let Some(incident) = states::numbered(db, number)? else { return Ok(None) };
            let records = timeline::records(db, number)?;
            Ok(Some(History { incident, records }))
        })
    }

    /// A part of the list of incidents.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn list(&self, filter: &Filter) -> Result<Listing, StoreError> {
        self.shared.read(|db| listing::list(db, filter))
    }

    /// A version of a playbook.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn playbook(&self, hash: &Digest) -> Result<Option<Playbook>, StoreError> {
        let bytes = self.shared.read(|db| playbooks::find(db, hash))?;
        self.shared.read(|_| Ok(bytes.as_deref().map(serde_json::from_slice).transpose()?))
    }

    /// The last record that had been pruned from the journal when it was built; it holds what was pruned since.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn built_from(&self) -> Result<u64, StoreError> {
        self.shared.read(Database::built_from)
    }

    /// The journal's lines of those numbers, as far as it keeps them whole.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn lines(&self, numbers: &Range<u64>) -> Result<Lines, StoreError> {
        lines::gather(numbers, |slice| self.shared.read(|db| slice.read(db)))
    }

    /// Rebuilds it from the journal, so that it gives back what it does not need; questions are answered meanwhile, and
    /// records applied. It takes about as long as a start without a store.
    ///
    /// # Errors
    ///
    /// See [`CompactError`]; the old one is used on.
    pub fn compact(&self) -> Result<Compacted, CompactError> {
        let source = self.source.try_lock().map_err(|_| CompactError::Busy)?;
        let (place, reader) = &*source;
        let Place::Folder(folder) = place else {
            return Ok(Compacted { before: 0, after: 0, records: self.applied() });
        };
        let before = compact::size(folder).map_err(compact::disk)?;
        let meta = compact::build(folder, reader.as_ref(), &|| self.applied())?;
        let replaced = self.shared.replace_by_built();
        // What is not used is removed, whichever it is.
        compact::tidy(folder).map_err(compact::disk)?;
        replaced.ok_or(CompactError::Closed)??;
        let after = compact::size(folder).map_err(compact::disk)?;
        tracing::info!(before, after, records = meta.seq, "the store was rebuilt from the journal");
        Ok(Compacted { before, after, records: meta.seq })
    }

    /// Whether questions are answered.
    ///
    /// # Errors
    ///
    /// Why not, in words.
    pub fn health(&self) -> Result<(), String> {
        self.shared.health()
    }

    /// Applies what was handed over, closes the database and ends the thread.
    pub fn close(&self) {
        self.shared.close();
        let worker = std::mem::replace(&mut *self.lock(), Worker::Ended);
        match worker {
            Worker::Thread(thread) => {
                if thread.join().is_err() {
                    tracing::error!("the store's thread stopped unexpectedly: restart the daemon");
                }
            }
            Worker::Caller(mut applier) => {
                applier.step();
                applier.end();
            }
            Worker::Ended => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Worker> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

fn open_or_go_without(
    place: Place,
    journal: &dyn Journal,
    now: DateTime<Utc>,
) -> Result<(Applier, Recovered), StoreError> {
    let (reader, head) = (journal.reader(), journal.head());
    let (opened, recovered) = match open_or_rebuild(&place, reader.as_ref(), head.seq, now) {
        Ok((db, meta, recovered)) => (Ok((db, meta)), recovered),
        Err(Trouble::Journal(error)) => return Err(error.into()),
        Err(Trouble::Apart(reason)) => return Err(StoreError::Apart(reason)),
        Err(trouble) => {
            tracing::warn!(reason = %trouble, "starting without the store");
            (Err(trouble.to_string()), replay::replay(reader.as_ref())?)
        }
    };
    let meta = opened.as_ref().ok().map(|(_, meta)| *meta);
    let db = opened.map(|(db, _)| db);
    let known = db.as_ref().map_or_else(|_| Arc::new(KeyFilter::of(&recovered.events)), |db| Arc::clone(&db.known));
    let shared = Arc::new(Shared::new(db, known, meta.map_or(0, |meta| meta.seq), head.seq));
    Ok((Applier::new(shared, place, reader, meta, now), recovered))
}

fn open_or_rebuild(
    place: &Place,
    reader: &dyn Reader,
    end: u64,
    now: DateTime<Utc>,
) -> Result<(Database, Meta, Recovered), Trouble> {
    match bring_up(place, reader, end) {
        Err(Trouble::Broken(reason)) => {
            let aside = set_aside(place, now)?;
            tracing::warn!(%reason, place = %aside.display(), "the store was set aside; rebuilding it from the journal");
            let (db, meta, recovered) = bring_up(place, reader, end)?;
            Ok((db, meta, Recovered { rebuilt: true, ..recovered }))
        }
        other => other,
    }
}

fn bring_up(place: &Place, reader: &dyn Reader, end: u64) -> Result<(Database, Meta, Recovered), Trouble> {
    let (db, start) = build::open(place, reader, projections::all)?;
    let meta = build::catch_up(&db, start, reader, end, projections::all, &mut |_| {})?;
    let incidents = states::all_open(&db, meta)?;
    let playbooks = playbooks::all(&db)?;
    let (plan, ahead, replayed) = (plans::last(&db)?, wall_clock::ahead(&db)?, meta.seq - start.seq);
    let (plan, playbooks) = if reader.start()?.seq > db.built_from()? {
        // It was pruned since: what the store knows of may be gone, so that what is used is recorded again.
        let used: HashSet<Digest> = incidents.iter().map(|incident| incident.playbook_hash).collect();
        let playbooks = playbooks.into_iter().filter(|(hash, _)| used.contains(hash)).collect();
        (LastPlan { kept: HashSet::new(), ..plan }, playbooks)
    } else {
        (plan, playbooks)
    };
    let (purged, tests) = (purged::all(&db)?, channel_tests::all(&db)?);
    let events = Vec::new();
    Ok((db, meta, Recovered { incidents, playbooks, plan, tests, ahead, purged, events, replayed, rebuilt: false }))
}
