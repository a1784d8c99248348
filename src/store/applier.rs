//! The store's own thread: it applies what was recorded, repairs the store, and sleeps when there is nothing to do.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::journal::port::Reader;
use crate::store::batch::Batch;
use crate::store::build;
use crate::store::derivation::Derivation;
use crate::store::error::{Trouble, Unusable};
use crate::store::meta::Meta;
use crate::store::projections;
use crate::store::shared::{Queue, Shared, Turn};
use crate::store::sled::catch_panics::catch_panics;
use crate::store::sled::database::Database;
use crate::store::sled::tree::Place;
use crate::store::sled::{compact, quarantine};

/// Applied changes are flushed after this long without anything new.
const FLUSH_AFTER: Duration = Duration::from_millis(500);

/// Records are collected for this long, unless someone waits for them: an incident changes a few times soon after its
/// opening, and what is applied together is written once.
const GATHER_FOR: Duration = Duration::from_millis(150);

/// The first pause before a broken store is tried again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause: when there is space again, queries should work soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub struct Applier {
    pub shared: Arc<Shared>,
    place: Place,
    /// Read if the queue has a gap.
    reader: Box<dyn Reader>,
    /// How much was applied; `None` while the store is broken.
    meta: Option<Meta>,
    /// The latest known time, used to name stores that are set aside.
    now: DateTime<Utc>,
    /// Something was applied and not flushed yet.
    dirty: bool,
    /// The pause before a broken store is tried again.
    pause: Duration,
}

impl Applier {
    /// Uses a database at this position, or repairs a broken one.
    pub fn new(
        shared: Arc<Shared>,
        place: Place,
        reader: Box<dyn Reader>,
        meta: Option<Meta>,
        now: DateTime<Utc>,
    ) -> Self {
        Self { shared, place, reader, meta, now, dirty: true, pause: FIRST_PAUSE }
    }

    /// Runs until it is told to stop.
    pub fn run(mut self) {
        loop {
            let turn = self.wait(self.dirty.then_some(FLUSH_AFTER), self.pause);
            let closing = turn.closing;
            self.take(turn);
            if closing {
                break;
            }
        }
        self.end();
    }

    /// Does the next thing without waiting for it.
    pub fn step(&mut self) {
        let is_broken = self.meta.is_none();
        let shared = Arc::clone(&self.shared);
        let mut queue = shared.lock();
        let timed_out = is_broken || queue.batches.is_empty() && queue.trouble.is_none();
        let turn = queue.take_turn(is_broken, timed_out);
        drop(queue);
        self.take(turn);
    }

    pub fn end(self) {
        if self.meta.is_some() {
            // What is lost here is read from the journal at the next start.
            let _lost = self.with_db(|db| db.flush());
        }
        self.shared.replace(Err(Unusable::Closed));
        // No one will answer anymore.
        self.shared.lock().built = None;
    }

    fn take(&mut self, mut turn: Turn) {
        if let Some(answer) = turn.built.take() {
            // The caller may be gone.
            let _gone = answer.send(self.take_built(turn.told));
        }
        let timed_out = turn.timed_out;
        let outcome = match self.meta {
            _ if turn.trouble.is_some() => turn.trouble.map_or(Ok(()), Err),
            None if timed_out => self.mend(turn.told),
            None => Ok(()),
            Some(meta) if timed_out && self.dirty => {
                self.dirty = false;
                self.with_db(|db| db.flush()).map(|()| self.meta = Some(meta))
            }
            Some(meta) => {
                self.dirty = true;
                self.apply(meta, turn.batches, turn.told)
            }
        };
        match outcome {
            Ok(()) if self.meta.is_some() => self.pause = FIRST_PAUSE,
            Ok(()) => {}
            Err(trouble) => {
                self.pause = if self.meta.is_some() { FIRST_PAUSE } else { LONGEST_PAUSE.min(self.pause * 2) };
                self.give_up(&trouble);
            }
        }
    }

    fn wait(&self, flush_after: Option<Duration>, pause: Duration) -> Turn {
        let is_broken = self.meta.is_none();
        let mut queue = self.shared.lock();
        let idle = |queue: &mut Queue| {
            let nothing = queue.batches.is_empty() && queue.trouble.is_none();
            !queue.closing && queue.built.is_none() && (is_broken || nothing)
        };
        let timeout = if is_broken { Some(pause) } else { flush_after };
        let mut timed_out = false;
        match timeout {
            Some(timeout) => {
                let waited = self.shared.wake.wait_timeout_while(queue, timeout, idle);
                let (held, result) = waited.unwrap_or_else(PoisonError::into_inner);
                (queue, timed_out) = (held, result.timed_out());
            }
            None => queue = self.shared.wake.wait_while(queue, idle).unwrap_or_else(PoisonError::into_inner),
        }
        if !queue.batches.is_empty() {
            let gathered = self.shared.wake.wait_timeout_while(queue, GATHER_FOR, |queue| queue.may_gather());
            (queue, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        }
        queue.take_turn(is_broken, timed_out)
    }

    fn apply(&mut self, meta: Meta, batches: VecDeque<Batch>, told: u64) -> Result<(), Trouble> {
        let (shared, reader) = (Arc::clone(&self.shared), &self.reader);
        let last = batches.back().and_then(|batch| batch.records.last()).map(|record| record.entry.at);
        self.now = last.map_or(self.now, |at| at.max(self.now));
        let done = |meta: Meta| shared.advance(meta);
        let meta = self.with_db(|db| {
            let meta = apply_queued(db, meta, batches, &done)?;
            if meta.seq < told {
                build::catch_up(db, meta, reader.as_ref(), told, projections::all, &mut |meta| done(meta))
            } else {
                Ok(meta)
            }
        })?;
        self.meta = Some(meta);
        Ok(())
    }

    fn with_db<T>(&self, act: impl FnOnce(&Database) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let held = self.shared.db.read().unwrap_or_else(PoisonError::into_inner);
        match held.as_ref() {
            Ok(db) => catch_panics(|| act(db)),
            Err(reason) => Err(Trouble::Disk(reason.to_string())),
        }
    }

    /// Closes the database; a broken one is set aside.
    fn give_up(&mut self, trouble: &Trouble) {
        if self.meta.is_some() {
            tracing::warn!(reason = %trouble, "the store cannot be used; rebuilding it from the journal");
        }
        self.meta = None;
        self.shared.replace(Err(trouble.clone().into()));
        // This process has the journal and appends to it: from here on, the journal counts.
        if matches!(trouble, Trouble::Broken(_) | Trouble::Apart(_)) {
            match quarantine::quarantined(&self.place, self.now) {
                Ok(aside) => tracing::warn!(place = %aside.display(), "the store was set aside; rebuilding it"),
                Err(error) => tracing::warn!(reason = %error, "the store cannot be set aside"),
            }
        }
    }

    /// Opens the database again, and makes it available once everything recorded so far is applied.
    fn mend(&mut self, told: u64) -> Result<(), Trouble> {
        let (db, meta) = build::open(&self.place, self.reader.as_ref(), projections::all)?;
        let meta =
            catch_panics(|| build::catch_up(&db, meta, self.reader.as_ref(), told, projections::all, &mut |_| {}))?;
        self.meta = Some(meta);
        self.shared.replace(Ok(db));
        self.shared.advance(meta);
        tracing::warn!(seq = meta.seq, "the store is working again");
        Ok(())
    }
}

impl Applier {
    /// Opens the rebuilt store and brings it up to date, while the old one answers queries.
    fn take_built(&mut self, told: u64) -> Result<(), Trouble> {
        let Place::Folder(folder) = self.place.clone() else { return Ok(()) };
        let reader = self.reader.as_ref();
        let (db, meta) = compact::swap(&folder, || {
            let (db, meta) = build::open(&self.place, reader, projections::all)?;
            let meta = catch_panics(|| build::catch_up(&db, meta, reader, told, projections::all, &mut |_| {}))?;
            Ok((db, meta))
        })?;
        (self.meta, self.dirty) = (Some(meta), true);
        self.shared.replace(Ok(db));
        self.shared.advance(meta);
        Ok(())
    }
}

/// Applies what follows without a gap.
fn apply_queued(db: &Database, mut meta: Meta, batches: VecDeque<Batch>, done: &dyn Fn(Meta)) -> Result<Meta, Trouble> {
    let mut chunk = Derivation::new(db, meta, projections::all);
    for batch in &batches {
        for (record, written) in batch.records.iter().zip(&batch.written) {
            if record.seq <= chunk.seq() {
                continue;
            }
            if record.seq > chunk.seq() + 1 {
                break;
            }
            if chunk.is_full(record) {
                meta = chunk.finish()?;
                done(meta);
                chunk = Derivation::new(db, meta, projections::all);
            }
            chunk.add(record, &written.line, written.hash)?;
        }
    }
    if !chunk.is_empty() {
        meta = chunk.finish()?;
        done(meta);
    }
    Ok(meta)
}
