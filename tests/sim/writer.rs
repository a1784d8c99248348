//! What writes the journal in a simulation: a disk that may hang for a while, and time that passes while the loop waits for it.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use wardbell::engine::parts::writer::{Appender, Ended, Job, Writer};
use wardbell::journal::record::Entry;

use crate::clock::SimClock;
use crate::disk::Disk;

/// A batch that hangs on its way; what it would leave behind outlives the process.
#[derive(Clone, Default)]
pub struct OnItsWay(Arc<Mutex<Option<Job>>>);

/// Changes what the loop has decided upon before it is written: a rule broken on purpose.
pub type Bend = Box<dyn FnMut(&mut Vec<Entry>) + Send>;

/// Writes as soon as the disk does not hang.
pub struct SimWriter {
    appender: Appender,
    disk: Disk,
    clock: SimClock,
    job: OnItsWay,
    bend: Option<Bend>,
}

impl SimWriter {
    pub fn new(appender: Appender, disk: Disk, clock: SimClock, bend: Option<Bend>) -> Self {
        Self { appender, disk, clock, job: OnItsWay::default(), bend }
    }

    /// What is on its way, for whoever ends the process.
    pub fn on_its_way(&self) -> OnItsWay {
        self.job.clone()
    }
}

impl OnItsWay {
    pub fn take(&self) -> Option<Job> {
        self.0.lock().unwrap().take()
    }

    pub fn is_there(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }
}

impl Writer for SimWriter {
    fn begin(&mut self, mut job: Job) {
        if let Some(bend) = &mut self.bend {
            bend(&mut job.entries);
        }
        let before = self.job.0.lock().unwrap().replace(job);
        assert!(before.is_none(), "one batch after the other");
    }

    fn ended(&mut self, within: Duration) -> Option<Ended> {
        let within = u64::try_from(within.as_millis()).unwrap();
        let hangs = self.disk.hangs_for();
        let waits = hangs.min(within);
        self.clock.pass(waits);
        self.disk.pass(waits);
        if hangs > waits {
            return None;
        }
        // The process may end in here.
        self.job.take().map(|job| self.appender.write(job))
    }
}
