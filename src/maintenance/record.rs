//! What is done about the record beside the loop, without hurry: it is verified after a start and every day, what is
//! damaged is mended, sealed segments are compressed, and what is older than the record is kept is pruned.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::retention::Retention;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::engine::metrics::labels::seconds;
use crate::engine::protocol::readiness::{Part, Report};
use crate::journal::error::ReadError;
use crate::journal::prune::{Prunable, remove_set_aside};
use crate::journal::upkeep::Upkeep;
use crate::store::Store;
use crate::store::repair::mend_sealed;

/// It looks for something to do this often; a segment is full after hours or weeks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// So many looks later, it verifies the record and looks for old ones: once a day.
const DAILY: u32 = 24 * 60;

/// So many looks later, it verifies the record where the store is broken.
const WHILE_BROKEN: u32 = 10;

/// At a start, a clock that is further ahead than this of what was recorded before today may be wrong: what it says is old
/// may not be.
const BELIEVED_AHEAD: TimeDelta = TimeDelta::days(30);

/// Later, one that has jumped ahead by more than this since the look before.
const BELIEVED_JUMP: TimeDelta = TimeDelta::days(1);

/// After so many records it leaves the processor to others for a while: pages come first.
const PAUSE_AFTER: u32 = 1_000;

/// For so long: about as long as those records take.
const PAUSE: Duration = Duration::from_millis(20);

/// At the end it is waited for this long; what it is at then is taken up at the next start.
const END_WITHIN: Duration = Duration::from_secs(5);

/// What it looks after.
pub struct House {
    /// Looks after the record.
    pub upkeep: Box<dyn Upkeep>,
    /// The record's folder: what is damaged there is mended from the store.
    pub journal: PathBuf,
    /// The store's folder.
    pub folder: PathBuf,
    /// The store.
    pub store: Arc<Store>,
    /// For how long the record is kept.
    pub keep_for: Retention,
    /// Asks the engine to record what was pruned.
    pub handle: Handle,
    /// Tells when the record was found sound.
    pub metrics: Arc<Metrics>,
    /// Where the engine's answer is waited for.
    pub runtime: tokio::runtime::Handle,
    /// The wall clock.
    pub now: fn() -> DateTime<Utc>,
    /// How long the machine has been up.
    pub up: fn() -> Duration,
}

/// What the clocks showed at a look.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    wall: DateTime<Utc>,
    up: Duration,
}

/// A thread that keeps the record's folder in order.
pub struct Housekeeper {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    flags: Mutex<Flags>,
    changed: Condvar,
}

#[derive(Default)]
struct Flags {
    stop: bool,
    ended: bool,
}

impl Housekeeper {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(house: House) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let work = Work { house, state: Arc::clone(&state), failing: None };
        thread::Builder::new().name("housekeeper".into()).spawn(move || work.run())?;
        Ok(Self { state })
    }

    /// Ends it within seconds; what it was at is taken up at the next start.
    pub fn stop(self) {
        let mut flags = self.state.lock();
        flags.stop = true;
        self.state.changed.notify_all();
        let waited = self.state.changed.wait_timeout_while(flags, END_WITHIN, |flags| !flags.ended);
        if !waited.unwrap_or_else(PoisonError::into_inner).0.ended {
            tracing::info!("the record's folder is tidied on at the next start");
        }
    }
}

/// The thread's own.
struct Work {
    house: House,
    state: Arc<State>,
    /// What went wrong last, so that it is logged once.
    failing: Option<String>,
}

impl Work {
    fn run(mut self) {
        let ended = Ended(Arc::clone(&self.state));
        let mut before = None;
        for round in 0_u32.. {
            let is_daily = round.is_multiple_of(DAILY);
            // Before anything is compressed or pruned. A store that stays broken may wait for a record that can be read.
            if is_daily || round.is_multiple_of(WHILE_BROKEN) && self.house.store.health().is_err() {
                self.verify();
            }
            let outcome = if is_daily { self.house.prune(before) } else { Ok(()) };
            before = if is_daily { Some(self.house.reading()) } else { before };
            let outcome = outcome.and_then(|()| self.compress());
            self.tell(outcome.err());
            if self.state.waited(LOOK_EVERY) {
                break;
            }
        }
        drop(ended);
    }

    /// Looks for damage anywhere: a start reads only the record's end. What the store has a copy of is mended.
    fn verify(&self) {
        let House { upkeep, journal, folder, store, handle, metrics, now, .. } = &self.house;
        let mut mended = BTreeSet::new();
        let damage = loop {
            match upkeep.verify(&self.in_no_hurry()) {
                Ok(_) if self.state.lock().stop => return,
                Ok(verified) => {
                    metrics.gauges.record_verified(seconds(now()));
                    metrics.gauges.record_damaged(false);
                    handle.report(Part::Record, Report::well());
                    tracing::info!(records = verified.records, "the whole record is verified");
                    return;
                }
                Err(ReadError::Damage(damage)) if mended.insert(damage.first) => {
                    if mend_sealed(journal, &damage, store, folder).is_err() {
                        break ReadError::Damage(damage);
                    }
                }
                // The disk's own errors come up here too: what cannot be read now is as good as lost.
                Err(damage) => break damage,
            }
        };
        metrics.gauges.record_damaged(true);
        let what = damage.to_string();
        let what = what.lines().next().unwrap_or_default();
        let told = format!("the record's past wants mending: {what}; see `wardbell audit verify`");
        handle.report(Part::Record, Report::warnings([told]));
        tracing::error!(
            %damage,
            "the record's past is damaged; what is answered now is recorded all the same. See `wardbell audit verify`"
        );
    }

    /// Compresses what the store has a copy of: that mends a damaged one.
    fn compress(&self) -> Result<(), String> {
        let House { upkeep, store, .. } = &self.house;
        let done = upkeep.compress(store.applied(), &self.in_no_hurry()).map_err(|error| error.to_string())?;
        if done.segments > 0 {
            tracing::info!(segments = done.segments, before = done.before, after = done.after, "compressed segments");
        }
        Ok(())
    }

    /// Asked at each record, it rests now and then; whether the thread is to end.
    fn in_no_hurry(&self) -> impl Fn() -> bool {
        let records = Cell::new(0_u32);
        move || {
            records.set(records.get().wrapping_add(1));
            records.get().is_multiple_of(PAUSE_AFTER) && self.state.waited(PAUSE)
        }
    }

    fn tell(&mut self, failure: Option<String>) {
        if let Some(reason) = failure.as_ref().filter(|reason| self.failing.as_ref() != Some(reason)) {
            tracing::warn!(reason, "the record's folder could not be tidied; nothing is lost");
        }
        self.failing = failure;
    }
}

impl House {
    /// Removes all that is older than the record is kept, from the record, the store and what was set aside. `before`
    /// is the reading of the look before, if any.
    ///
    /// # Errors
    ///
    /// Why not, in words; it is tried again another day.
    pub fn prune(&self, before: Option<Reading>) -> Result<(), String> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        // What an earlier process had pruned and not removed.
        self.upkeep.sweep().map_err(|error| words(&error))?;
        let now = (self.now)();
        if let Some(found) = self.upkeep.find_old(self.keep_for, now).map_err(|error| words(&error))? {
            if !is_believed(self.reading(), before, found.lived) {
                return Err(format!(
                    "by the clock ({}) records are to be removed, and it may be far ahead: set it right, or wait for a day",
                    now.format("%Y-%m-%d %H:%M UTC")
                ));
            }
            self.remove(found)?;
        }
        let through = self.upkeep.pruned_through().map_err(|error| words(&error))?;
        // While the store is broken it is built anew from what is left anyway.
        if let Ok(built_from) = self.store.built_from()
            && built_from < through
        {
            self.store.compact().map_err(|error| format!("the store still holds what was pruned: {error}"))?;
        }
        let before = now - self.keep_for.delta();
        let removed = remove_set_aside(&self.journal, &self.folder, before).map_err(|error| words(&error))?;
        if removed > 0 {
            tracing::info!(removed, "removed damaged segments and stores that had been set aside");
        }
        Ok(())
    }

    fn reading(&self) -> Reading {
        Reading { wall: (self.now)(), up: (self.up)() }
    }

    fn remove(&self, found: Prunable) -> Result<(), String> {
        let number = self.runtime.block_on(self.handle.prune(found.clone())).map_err(|error| error.to_string())?;
        if !self.upkeep.may_prune(&found, number).map_err(|error| error.to_string())? {
            return Err("what came meanwhile needs what was to be pruned".into());
        }
        // Before the records: where the process ends in between, the same are found again at the next start.
        if let Some(vault) = self.handle.vault() {
            let gone: Vec<_> = found.incidents.iter().copied().collect();
            vault.purge(&gone, (self.now)()).map_err(|error| format!("data keys cannot be destroyed: {error}"))?;
        }
        let segments = self.upkeep.prune(&found.checkpoint, number).map_err(|error| error.to_string())?;
        let (through, keep_for) = (found.checkpoint.through, self.keep_for);
        tracing::warn!(through, segments, keep_for = %keep_for, "records older than they are kept for were removed");
        Ok(())
    }
}

/// Whether the wall clock may be what it shows, by how it went since the look before; at the first one by the record, whose
/// youngest entry that is not of today is given.
fn is_believed(now: Reading, before: Option<Reading>, lived: Option<DateTime<Utc>>) -> bool {
    match before {
        Some(before) => {
            let waited = TimeDelta::from_std(now.up.saturating_sub(before.up)).unwrap_or(TimeDelta::MAX);
            now.wall - before.wall <= waited + BELIEVED_JUMP
        }
        None => lived.is_some_and(|at| now.wall - at <= BELIEVED_AHEAD),
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Flags> {
        self.flags.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, unless it was told to stop; whether it was.
    fn waited(&self, wait: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), wait, |flags| !flags.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }
}

/// Tells that the thread has ended, also where it panicked.
struct Ended(Arc<State>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_far_ahead_is_believed_once_it_has_stayed_so_for_a_day() {
        let wall: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let (day, years) = (Duration::from_secs(86_400), TimeDelta::days(7 * 366));
        let at = |wall, days| Reading { wall, up: day * days };
        let lived = Some(wall - TimeDelta::days(2));
        // At the first look after a start.
        assert!(is_believed(at(wall, 0), None, lived), "the record goes on where it was");
        assert!(!is_believed(at(wall + years, 0), None, lived));
        assert!(!is_believed(at(wall, 0), None, None), "nothing to go by");
        // At a later one.
        let before = at(wall, 1);
        assert!(is_believed(at(wall + TimeDelta::days(1), 2), Some(before), None));
        assert!(is_believed(at(wall + TimeDelta::days(30), 31), Some(before), None), "the machine slept");
        assert!(is_believed(at(wall - years, 2), Some(before), None), "set back: nothing is old then");
        assert!(!is_believed(at(wall + years, 2), Some(before), None));
        assert!(is_believed(at(wall + years + TimeDelta::days(1), 3), Some(at(wall + years, 2)), None));
    }
}
