//! The store: derived from the journal to answer queries. It can be deleted and is then rebuilt.
//!
//! A separate thread applies records some time after they were acknowledged; callers that need a record to be visible
//! wait with [`Store::wait_applied`]. Whatever happens to the database (a full disk, damage, a panic inside it), queries
//! return [`StoreError::Unavailable`] until it is repaired from the journal; nothing else stops.

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
use crate::journal::record::Record;
use crate::store::applier::Applier;
use crate::store::batch::Batch;
use crate::store::error::{StoreError, Trouble, Unusable};
use crate::store::lines::Lines;
use crate::store::meta::Meta;
use crate::store::projections::plans::LastPlan;
use crate::store::projections::{
    access_log, aggregates, answers, links, listing, plans, playbooks, purged, reached, timeline, wall_clock,
};
use crate::store::query::{AccessFilter, Filter, History, LinkTarget, Listing, Receipt};
use crate::store::replay::Recovered;
use crate::store::shared::Shared;
use crate::store::sled::compact;
use crate::store::sled::compact::{CompactError, Compacted};
use crate::store::sled::database::Database;
use crate::store::sled::key_filter::KeyFilter;
use crate::store::sled::quarantine::quarantined;
use crate::store::sled::tree::{MemoryPlace, Place};

/// Answers queries about everything that was ever recorded.
pub struct Store {
    shared: Arc<Shared>,
    /// What it is rebuilt from, by one caller at a time.
    source: Mutex<(Place, Box<dyn Reader>)>,
    worker: Mutex<Worker>,
}

/// Who applies queued records.
enum Worker {
    /// A separate thread.
    Thread(JoinHandle<()>),
    /// The caller of [`Store::step`].
    Caller(Box<Applier>),
    /// No one anymore.
    Ended,
}

impl Store {
    /// Opens the store in a folder and brings it up to date; rebuilds it if it is missing or broken. If the disk cannot
    /// be used, starts without the database and repairs it later.
    ///
    /// # Errors
    ///
    /// Damage to a part of the journal that had to be read; [`StoreError::Apart`] if the store has records that the
    /// journal lacks.
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

    /// The same in memory and without a thread, so that callers control every step: only [`step`](Self::step) applies
    /// records.
    ///
    /// # Errors
    ///
    /// The errors of [`open`](Self::open).
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

    /// Does what the store's own thread would do next: applies queued records, flushes them, or repairs the database.
    /// Has no effect on a store with a thread.
    pub fn step(&self) {
        if let Worker::Caller(applier) = &mut *self.lock() {
            applier.step();
        }
    }

    /// Queues what was appended to the journal, in journal order. Never waits for the database.
    pub fn apply(&self, batch: Batch) {
        self.shared.push(batch);
    }

    /// The last applied record.
    pub fn applied(&self) -> u64 {
        *self.shared.applied.borrow()
    }

    /// Waits until a record is applied; `false` after the timeout.
    pub async fn wait_applied(&self, seq: u64, timeout: Duration) -> bool {
        let mut applied = self.shared.applied.subscribe();
        self.shared.want(seq);
        let wait = applied.wait_for(|applied| *applied >= seq);
        tokio::time::timeout(timeout, wait).await.is_ok_and(|waited| waited.is_ok())
    }

    /// The answer a source got to an event.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn receipt(&self, source: &SourceName, event_id: &str) -> Result<Option<Receipt>, StoreError> {
        self.shared.read(|db| answers::receipt(db, source, event_id))
    }

    /// Whether a source certainly got an answer to an event, even if the answer cannot be read right now.
    pub fn has_answered(&self, source: &SourceName, event_id: &str) -> bool {
        self.shared.holds(&answers::key(source, event_id))
    }

    /// The target of a link.
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

    /// The record that opened an incident.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn opening(&self, id: IncidentId) -> Result<Option<u64>, StoreError> {
        self.shared.read(|db| Ok(states::number(db, id)?.map(|number| number.0)))
    }

    /// An incident with everything that happened to it.
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

    /// Who signed in, and what they were shown: the first events, and whether there are more.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn access(&self, filter: &AccessFilter) -> Result<(Vec<Record>, bool), StoreError> {
        self.shared.read(|db| access_log::list(db, filter))
    }

    /// A page of the list of incidents.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn list(&self, filter: &Filter) -> Result<Listing, StoreError> {
        self.shared.read(|db| listing::list(db, filter))
    }

    /// One version of a playbook.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn playbook(&self, hash: &Digest) -> Result<Option<Playbook>, StoreError> {
        let bytes = self.shared.read(|db| playbooks::find(db, hash))?;
        self.shared.read(|_| Ok(bytes.as_deref().map(serde_json::from_slice).transpose()?))
    }

    /// When a message last reached each of these contacts, in logical time.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn reached(&self, contacts: &[Digest]) -> Result<Vec<Option<DateTime<Utc>>>, StoreError> {
        self.shared.read(|db| contacts.iter().map(|contact| reached::at(db, contact)).collect())
    }

    /// The last record that had been pruned when the store was built; the store still has what was pruned since.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn built_from(&self) -> Result<u64, StoreError> {
        self.shared.read(Database::built_from)
    }

    /// The journal lines with these numbers, as far as the store has intact copies.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`].
    pub fn lines(&self, numbers: &Range<u64>) -> Result<Lines, StoreError> {
        lines::gather(numbers, |slice| self.shared.read(|db| slice.read(db)))
    }

    /// Rebuilds the store from the journal to free space. Queries are answered and records applied meanwhile. It takes
    /// about as long as a start without a store.
    ///
    /// # Errors
    ///
    /// See [`CompactError`]; the old store stays in use.
    pub fn compact(&self) -> Result<Compacted, CompactError> {
        let source = self.source.try_lock().map_err(|_| CompactError::Busy)?;
        let (place, reader) = &*source;
        let Place::Folder(folder) = place else {
            return Ok(Compacted { before: 0, after: 0, records: self.applied() });
        };
        let before = compact::size(folder).map_err(compact::disk)?;
        let meta = compact::build(folder, reader.as_ref(), &|| self.applied())?;
        let replaced = self.shared.replace_by_built();
        // Removes whichever of the two is not in use.
        compact::tidy(folder).map_err(compact::disk)?;
        replaced.ok_or(CompactError::Closed)??;
        let after = compact::size(folder).map_err(compact::disk)?;
        tracing::info!(before, after, records = meta.seq, "the store was rebuilt from the journal");
        Ok(Compacted { before, after, records: meta.seq })
    }

    /// Whether queries are answered.
    ///
    /// # Errors
    ///
    /// The reason why not.
    pub fn health(&self) -> Result<(), Unusable> {
        self.shared.health()
    }

    /// Applies queued records, closes the database and stops the thread.
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
            (Err(trouble.into()), replay::replay(reader.as_ref())?)
        }
    };
    let recovered = Recovered { pruned_through: reader.start()?.seq, ..recovered };
    let meta = opened.as_ref().ok().map(|(_, meta)| *meta);
    let db: Result<Database, Unusable> = opened.map(|(db, _)| db);
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
            let aside = quarantined(place, now)?;
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
        // The record was pruned since: versions that the store lists may be gone, so they are recorded again when used.
        let used: HashSet<Digest> = incidents.iter().map(|incident| incident.playbook_hash).collect();
        let playbooks = playbooks.into_iter().filter(|(hash, _)| used.contains(hash)).collect();
        (LastPlan { kept: HashSet::new(), ..plan }, playbooks)
    } else {
        (plan, playbooks)
    };
    let (purged, aggregates) = (purged::all(&db)?, aggregates::all(&db)?);
    let events = Vec::new();
    Ok((
        db,
        meta,
        Recovered { incidents, playbooks, plan, aggregates, ahead, purged, events, replayed, ..Recovered::default() },
    ))
}
