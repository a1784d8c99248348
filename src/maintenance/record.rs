//! Journal maintenance in the background: verifies the journal after startup and every day, repairs damage, compresses
//! sealed segments, and removes records past their retention period.

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
use crate::engine::protocol::reader::CompactError;
use crate::engine::protocol::readiness::{Part, Report};
use crate::engine::protocol::refused::Refused;
use crate::journal::compress::CompressError;
use crate::journal::error::{JournalError, ReadError};
use crate::journal::prune::{Prunable, remove_quarantined};
use crate::journal::upkeep::Upkeep;
use crate::store::Store;
use crate::store::repair::mend_sealed;

/// How often to look for work; a segment fills up in hours or weeks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Every this many rounds, once a day, it verifies the journal and removes old records.
const DAILY: u32 = 24 * 60;

/// Every this many rounds, it verifies the journal while the store is broken.
const WHILE_BROKEN: u32 = 10;

/// At startup, a clock further ahead of the last record before today may be wrong, so nothing is removed.
const BELIEVED_AHEAD: TimeDelta = TimeDelta::days(30);

/// Later, the same for a clock that jumped ahead by more than this since the previous round.
const BELIEVED_JUMP: TimeDelta = TimeDelta::days(1);

/// After this many records it pauses, because paging comes first.
const PAUSE_AFTER: u32 = 1_000;

/// The pause: about as long as those records take.
const PAUSE: Duration = Duration::from_millis(20);

/// How long shutdown waits for it; unfinished work continues after the next start.
const END_WITHIN: Duration = Duration::from_secs(5);

pub struct MaintenanceSetup {
    pub upkeep: Box<dyn Upkeep>,
    /// The journal's folder; damage there is repaired from the store.
    pub journal: PathBuf,
    pub folder: PathBuf,
    pub store: Arc<Store>,
    pub keep_for: Retention,
    /// Records a checkpoint before pruning.
    pub handle: Handle,
    /// Reports verification results.
    pub metrics: Arc<Metrics>,
    /// Runs calls to the engine.
    pub runtime: tokio::runtime::Handle,
    pub now: fn() -> DateTime<Utc>,
    /// How long the machine has been up.
    pub up: fn() -> Duration,
}

#[derive(Debug, Clone, Copy)]
pub struct Reading {
    wall: DateTime<Utc>,
    up: Duration,
}

/// The journal maintenance thread.
pub struct RecordMaintenance {
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

impl RecordMaintenance {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// The thread cannot be started.
    pub fn start(setup: MaintenanceSetup) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let work = Work { setup, state: Arc::clone(&state), failing: None };
        thread::Builder::new().name("maintenance".into()).spawn(move || work.run())?;
        Ok(Self { state })
    }

    /// Stops within seconds; unfinished work continues after the next start.
    pub fn stop(self) {
        let mut flags = self.state.lock();
        flags.stop = true;
        self.state.changed.notify_all();
        let waited = self.state.changed.wait_timeout_while(flags, END_WITHIN, |flags| !flags.ended);
        if !waited.unwrap_or_else(PoisonError::into_inner).0.ended {
            tracing::info!("journal maintenance will continue after the next start");
        }
    }
}

/// Why a round of maintenance did less than it should; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    #[error(transparent)]
    Compress(#[from] CompressError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("no old records were removed because the clock ({}) may be far ahead: correct it, or wait a day", .0.format("%Y-%m-%d %H:%M UTC"))]
    ClockAhead(DateTime<Utc>),
    #[error("a new incident needs the records that were about to be removed")]
    Needed,
    #[error("the store still has pruned records: {0}")]
    StoreNotPruned(#[from] CompactError),
    #[error("data keys cannot be destroyed: {0}")]
    KeysNotDestroyed(#[from] JournalError),
}

struct Work {
    setup: MaintenanceSetup,
    state: Arc<State>,
    /// The last error, so that it is logged once.
    failing: Option<String>,
}

impl Work {
    fn run(mut self) {
        let ended = Ended(Arc::clone(&self.state));
        let mut before = None;
        for round in 0_u32.. {
            let is_daily = round.is_multiple_of(DAILY);
            // Before compressing or pruning. A broken store may be waiting for a readable journal.
            if is_daily || round.is_multiple_of(WHILE_BROKEN) && self.setup.store.health().is_err() {
                self.verify();
            }
            let outcome = if is_daily { self.setup.prune(before) } else { Ok(()) };
            before = if is_daily { Some(self.setup.reading()) } else { before };
            let outcome = outcome.and_then(|()| self.compress());
            self.report(outcome.err().map(|error| error.to_string()));
            if self.state.waited(LOOK_EVERY) {
                break;
            }
        }
        drop(ended);
    }

    /// Verifies the whole journal, because a start reads only its end, and repairs what the store has a copy of.
    fn verify(&self) {
        let MaintenanceSetup { upkeep, journal, folder, store, handle, metrics, now, .. } = &self.setup;
        let mut mended = BTreeSet::new();
        let damage = loop {
            match upkeep.verify(&self.in_no_hurry()) {
                Ok(_) if self.state.lock().stop => return,
                Ok(verified) => {
                    metrics.gauges.record_verified(seconds(now()));
                    metrics.gauges.record_damaged(false);
                    handle.report(Part::Record, Report::well());
                    tracing::info!(records = verified.records, "the whole journal was verified");
                    return;
                }
                Err(ReadError::Damage(damage)) if mended.insert(damage.first) => {
                    if mend_sealed(journal, &damage, store, folder).is_err() {
                        break ReadError::Damage(damage);
                    }
                }
                // Read errors count as damage, too.
                Err(damage) => break damage,
            }
        };
        metrics.gauges.record_damaged(true);
        let what = damage.to_string();
        let what = what.lines().next().unwrap_or_default();
        let told = format!("the journal is damaged: {what}; see `wardbell audit verify`");
        handle.report(Part::Record, Report::warnings([told]));
        tracing::error!(
            %damage,
            "the journal is damaged; new events are still recorded. See `wardbell audit verify`"
        );
    }

    /// Compresses only what the store has a copy of, so that damage can be repaired.
    fn compress(&self) -> Result<(), MaintenanceError> {
        let MaintenanceSetup { upkeep, store, .. } = &self.setup;
        let done = upkeep.compress(store.applied(), &self.in_no_hurry())?;
        if done.segments > 0 {
            tracing::info!(segments = done.segments, before = done.before, after = done.after, "compressed segments");
        }
        Ok(())
    }

    /// Called for each record: pauses now and then, and returns whether to stop.
    fn in_no_hurry(&self) -> impl Fn() -> bool {
        let records = Cell::new(0_u32);
        move || {
            records.set(records.get().wrapping_add(1));
            records.get().is_multiple_of(PAUSE_AFTER) && self.state.waited(PAUSE)
        }
    }

    fn report(&mut self, failure: Option<String>) {
        if let Some(reason) = failure.as_ref().filter(|reason| self.failing.as_ref() != Some(reason)) {
            tracing::warn!(reason, "journal maintenance failed; nothing is lost");
        }
        self.failing = failure;
    }
}

impl MaintenanceSetup {
    /// Removes everything past its retention period from the journal, the store, and the quarantine. `before` is the
    /// previous clock reading, if any.
    ///
    /// # Errors
    ///
    /// The reason; retried the next day.
    pub fn prune(&self, before: Option<Reading>) -> Result<(), MaintenanceError> {
        // Leftovers of an earlier process's pruning.
        self.upkeep.sweep()?;
        let now = (self.now)();
        if let Some(found) = self.upkeep.find_old(self.keep_for, now)? {
            if !is_believed(self.reading(), before, found.lived) {
                return Err(MaintenanceError::ClockAhead(now));
            }
            self.remove(found)?;
        }
        let through = self.upkeep.pruned_through()?;
        // A broken store is rebuilt from the remaining journal anyway.
        if let Ok(built_from) = self.store.built_from()
            && built_from < through
        {
            self.store.compact()?;
        }
        let before = now - self.keep_for.delta();
        let removed = remove_quarantined(&self.journal, &self.folder, before)?;
        if removed > 0 {
            tracing::info!(removed, "removed damaged segments and stores that had been set aside");
        }
        Ok(())
    }

    fn reading(&self) -> Reading {
        Reading { wall: (self.now)(), up: (self.up)() }
    }

    fn remove(&self, found: Prunable) -> Result<(), MaintenanceError> {
        let number = self.runtime.block_on(self.handle.prune(found.clone()))?;
        if !self.upkeep.may_prune(&found, number)? {
            return Err(MaintenanceError::Needed);
        }
        // Before the records, so that a crash in between leaves the same records to be found at the next start.
        if let Some(vault) = self.handle.vault() {
            let gone: Vec<_> = found.incidents.iter().copied().collect();
            vault.purge(&gone, (self.now)())?;
        }
        let segments = self.upkeep.prune(&found.checkpoint, number)?;
        let (through, keep_for) = (found.checkpoint.through, self.keep_for);
        tracing::warn!(through, segments, keep_for = %keep_for, "records past their retention period were removed");
        Ok(())
    }
}

/// Whether the wall clock is plausible, compared with the previous reading or, the first time, with the last record
/// before today.
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

    /// Waits, and returns whether it was told to stop.
    fn waited(&self, wait: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), wait, |flags| !flags.stop);
        waited.unwrap_or_else(PoisonError::into_inner).0.stop
    }
}

/// Reports that the thread has ended, even after a panic.
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
