//! The two clocks of a simulated machine: both move only when the simulation says so.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::clock::Clock;

/// Clones show the same time.
#[derive(Debug, Clone)]
pub struct SimClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    wall: DateTime<Utc>,
    steady: Duration,
    /// So many milliseconds have passed since the beginning.
    passed: u64,
}

impl SimClock {
    pub fn new(wall: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(Hands { wall, steady: Duration::from_secs(1_000), passed: 0 })))
    }

    /// Time passes.
    pub fn pass(&self, millis: u64) {
        let mut hands = self.0.lock().unwrap();
        hands.wall += TimeDelta::milliseconds(i64::try_from(millis).unwrap());
        hands.steady += Duration::from_millis(millis);
        hands.passed += millis;
    }

    /// So many milliseconds have passed since the beginning.
    pub fn passed(&self) -> u64 {
        self.0.lock().unwrap().passed
    }

    /// Somebody sets the wall clock.
    pub fn set(&self, by_millis: i64) {
        self.0.lock().unwrap().wall += TimeDelta::milliseconds(by_millis);
    }

    /// The machine starts anew: the steady clock begins at nothing.
    pub fn reboot(&self) {
        self.0.lock().unwrap().steady = Duration::from_secs(30);
    }
}

impl Clock for SimClock {
    fn wall(&self) -> DateTime<Utc> {
        self.0.lock().unwrap().wall
    }

    fn steady(&self) -> Duration {
        self.0.lock().unwrap().steady
    }
}
