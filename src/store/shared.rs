//! The state that the store's thread and its callers share: the queue, the database and its position.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::watch;

use crate::store::batch::Batch;
use crate::store::error::{StoreError, Trouble, Unusable};
use crate::store::meta::Meta;
use crate::store::sled::catch_panics::catch_panics;
use crate::store::sled::database::Database;
use crate::store::sled::key_filter::KeyFilter;

/// The maximum number of queued records: the thread reads further ones from the journal.
const QUEUED_RECORDS: usize = 4_096;

/// The number of records after which collecting stops.
const GATHERED_RECORDS: usize = 2_048;

/// The state that the thread and its callers share.
pub struct Shared {
    pub(in crate::store) queue: Mutex<Queue>,
    pub(in crate::store) wake: Condvar,
    /// The database, or why there is none.
    pub(in crate::store) db: RwLock<Result<Database, Unusable>>,
    /// Which keys the record contains; it outlives a broken database.
    known: Mutex<Arc<KeyFilter>>,
    /// The last applied record.
    pub applied: watch::Sender<u64>,
}

#[derive(Default)]
pub struct Queue {
    pub(in crate::store) batches: VecDeque<Batch>,
    records: usize,
    /// The last record passed to the store, queued or not.
    told: u64,
    /// A caller waits for this record.
    wanted: u64,
    /// An error found by a reader.
    pub(in crate::store) trouble: Option<Trouble>,
    /// A rebuilt store is ready: notify this caller once it is in use.
    pub(in crate::store) built: Option<SyncSender<Result<(), Trouble>>>,
    pub(in crate::store) closing: bool,
}

impl Queue {
    /// Whether nothing has to be done immediately.
    pub(in crate::store) fn may_gather(&self) -> bool {
        let first = self.batches.front().and_then(|batch| batch.written.first());
        let unwanted = first.is_none_or(|first| self.wanted < first.seq);
        let nothing_else = self.trouble.is_none() && self.built.is_none() && !self.closing;
        unwanted && self.records < GATHERED_RECORDS && nothing_else
    }

    pub(in crate::store) fn take_turn(&mut self, is_broken: bool, timed_out: bool) -> Turn {
        self.records = 0;
        let (batches, trouble) = (std::mem::take(&mut self.batches), self.trouble.take());
        let (trouble, built) = (trouble.filter(|_| !is_broken), self.built.take());
        Turn { batches, told: self.told, trouble, built, closing: self.closing, timed_out }
    }
}

impl Shared {
    /// With a database, or the reason why there is none; `known` says which keys the record contains.
    pub fn new(db: Result<Database, Unusable>, known: Arc<KeyFilter>, applied: u64, told: u64) -> Self {
        let queue = Mutex::new(Queue { told, ..Queue::default() });
        let (known, applied) = (Mutex::new(known), watch::Sender::new(applied));
        Self { queue, wake: Condvar::new(), db: RwLock::new(db), known, applied }
    }

    /// Queues what was recorded.
    pub fn push(&self, batch: Batch) {
        let Some(last) = batch.written.last() else { return };
        let mut queue = self.lock();
        queue.told = queue.told.max(last.seq);
        let was_idle = queue.records == 0;
        if queue.records + batch.records.len() <= QUEUED_RECORDS {
            queue.records += batch.records.len();
            queue.batches.push_back(batch);
        }
        let wake = was_idle || !queue.may_gather();
        drop(queue);
        if wake {
            self.wake.notify_one();
        }
    }

    /// Requests that a record is applied soon.
    pub fn want(&self, seq: u64) {
        let mut queue = self.lock();
        queue.wanted = queue.wanted.max(seq);
        drop(queue);
        self.wake.notify_one();
    }

    /// Switches to the rebuilt store and waits until that is done.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; the old one stays in use. `None` if the store is closed.
    pub fn replace_by_built(&self) -> Option<Result<(), Trouble>> {
        let (sender, answer) = sync_channel(1);
        let mut queue = self.lock();
        if queue.closing {
            return None;
        }
        queue.built = Some(sender);
        drop(queue);
        self.wake.notify_one();
        answer.recv().ok()
    }

    /// Lets the thread apply what is queued and stop.
    pub fn close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    /// Queries the database.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]; the thread then repairs the database.
    pub fn read<T>(&self, ask: impl FnOnce(&Database) -> Result<T, Trouble>) -> Result<T, StoreError> {
        let held = self.db.read().unwrap_or_else(PoisonError::into_inner);
        let db = held.as_ref().map_err(|reason| StoreError::Unavailable(reason.to_string()))?;
        catch_panics(|| ask(db)).map_err(|trouble| {
            let reason = trouble.to_string();
            self.lock().trouble = Some(trouble);
            self.wake.notify_one();
            StoreError::Unavailable(reason)
        })
    }

    /// Whether the record certainly contains a key, whatever the state of the database. Ignores records that are not
    /// applied yet.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).holds(key)
    }

    /// Why nothing can be read, if so.
    ///
    /// # Errors
    ///
    /// The reason.
    pub fn health(&self) -> Result<(), Unusable> {
        let held = self.db.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Publishes what was applied.
    pub fn advance(&self, meta: Meta) {
        self.applied.send_replace(meta.seq);
    }

    /// Switches to another database, or to the reason why there is none.
    pub fn replace(&self, db: Result<Database, Unusable>) {
        if let Ok(db) = &db {
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&db.known);
        }
        let old = std::mem::replace(&mut *self.db.write().unwrap_or_else(PoisonError::into_inner), db);
        drop(old);
    }

    pub(in crate::store) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the thread woke up.
pub struct Turn {
    pub batches: VecDeque<Batch>,
    pub told: u64,
    pub trouble: Option<Trouble>,
    pub built: Option<SyncSender<Result<(), Trouble>>>,
    pub closing: bool,
    pub timed_out: bool,
}
