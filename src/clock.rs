//! The only place that reads a clock.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};

use crate::domain::instant::{Now, to_millis};

/// The wall clock counts as set, rather than as steered, when it departs from the steady one by more than this.
const JUMP: TimeDelta = TimeDelta::seconds(1);

/// What shows the time; in simulations it is virtual.
pub trait Clock: Send {
    /// The wall clock, which people and programs may set.
    fn wall(&self) -> DateTime<Utc>;

    /// Time since some start, which nobody can set; it goes on while the machine is suspended.
    fn steady(&self) -> Duration;
}

impl Clock for Box<dyn Clock> {
    fn wall(&self) -> DateTime<Utc> {
        self.as_ref().wall()
    }

    fn steady(&self) -> Duration {
        self.as_ref().steady()
    }
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn steady(&self) -> Duration {
        let time = clock_gettime(ClockId::Boottime);
        let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
    }
}

/// Keeps logical time: it never goes back, and a jump of the wall clock changes no wait.
///
/// A jump ahead is reported as a step by which every deadline must move. After a jump back, logical time stays ahead of
/// the wall clock by a skew, and goes on at its own pace.
#[derive(Debug)]
pub struct Timekeeper<C> {
    clock: C,
    wall: DateTime<Utc>,
    steady: Duration,
    logical: DateTime<Utc>,
    skew: TimeDelta,
}

impl<C: Clock> Timekeeper<C> {
    /// Starts not before the last recorded instant, and so far ahead of the wall clock as logical time was before: what
    /// has passed since the last record counts, also after the wall clock was set back.
    pub fn new(clock: C, last_recorded: Option<DateTime<Utc>>, ahead: TimeDelta) -> Self {
        let (wall, steady) = (to_millis(clock.wall()), clock.steady());
        let logical = last_recorded.map_or(wall, |last| last.max(wall + ahead));
        Self { clock, wall, steady, logical, skew: logical - wall }
    }

    /// Reads the clocks; the second value is the step by which deadlines must move, if the wall clock jumped ahead.
    pub fn read(&mut self) -> (Now, Option<TimeDelta>) {
        let (wall, steady) = (to_millis(self.clock.wall()), self.clock.steady());
        let passed = TimeDelta::from_std(steady.saturating_sub(self.steady)).unwrap_or_default();
        let jump = (wall - self.wall) - passed;
        let mut step = None;
        if jump < -JUMP {
            self.skew -= to_whole_millis(jump);
        } else if jump > JUMP {
            let jump = to_whole_millis(jump);
            let made_up = jump.min(self.skew);
            self.skew -= made_up;
            step = Some(jump - made_up).filter(|step| *step > TimeDelta::zero());
        }
        self.logical = self.logical.max(wall + self.skew);
        (self.wall, self.steady) = (wall, steady);
        (Now { logical: self.logical, wall }, step)
    }

    /// Logical time by the steady clock alone: how far a wait has come, whatever happened to the wall clock.
    pub fn read_without_step(&self) -> DateTime<Utc> {
        let passed = self.clock.steady().saturating_sub(self.steady);
        self.logical + TimeDelta::from_std(passed).unwrap_or_default()
    }

    /// What the wall clock shows right now.
    pub fn wall(&self) -> DateTime<Utc> {
        to_millis(self.clock.wall())
    }

    /// Starts to measure how long something takes.
    pub fn stopwatch(&self) -> Duration {
        self.clock.steady()
    }

    /// How long it took since [`stopwatch`](Self::stopwatch).
    pub fn since(&self, started: Duration) -> Duration {
        self.clock.steady().saturating_sub(started)
    }

    /// How far logical time is ahead of the wall clock, as the latter was set back.
    pub fn ahead(&self) -> TimeDelta {
        self.skew
    }

    /// Logical time as last read.
    pub fn logical(&self) -> DateTime<Utc> {
        self.logical
    }
}

fn to_whole_millis(delta: TimeDelta) -> TimeDelta {
    TimeDelta::milliseconds(delta.num_milliseconds())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone)]
    struct Fake(Arc<Mutex<(DateTime<Utc>, Duration)>>);

    impl Clock for Fake {
        fn wall(&self) -> DateTime<Utc> {
            self.0.lock().unwrap().0
        }

        fn steady(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }

    impl Fake {
        fn pass(&self, seconds: i64, jump: i64) {
            let mut time = self.0.lock().unwrap();
            time.0 += TimeDelta::seconds(seconds + jump);
            time.1 += Duration::from_secs(seconds.unsigned_abs());
        }
    }

    #[test]
    fn logical_time_never_goes_back_and_waits_keep_their_length() {
        let start: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().unwrap();
        let fake = Fake(Arc::new(Mutex::new((start, Duration::from_secs(100)))));
        let mut keeper = Timekeeper::new(fake.clone(), None, TimeDelta::zero());
        let seconds = |now: Now| ((now.logical - start).num_seconds(), (now.wall - start).num_seconds());

        fake.pass(10, 0);
        let (now, step) = keeper.read();
        assert_eq!((seconds(now), step), ((10, 10), None));
        fake.pass(10, -3_600);
        let (now, step) = keeper.read();
        assert_eq!((seconds(now), step), ((20, -3_580), None), "logical time goes on at its pace");
        fake.pass(10, 3_000);
        let (now, step) = keeper.read();
        assert_eq!((seconds(now), step), ((30, -570), None), "a jump ahead first makes up for the jump back");
        fake.pass(10, 3_600);
        let (now, step) = keeper.read();
        assert_eq!((seconds(now), step), ((3_040, 3_040), Some(TimeDelta::seconds(3_000))));
    }

    #[test]
    fn a_start_is_not_before_the_last_recorded_instant() {
        let wall: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().unwrap();
        let fake = Fake(Arc::new(Mutex::new((wall, Duration::ZERO))));
        let last = wall + TimeDelta::hours(1);
        let mut keeper = Timekeeper::new(fake.clone(), Some(last), TimeDelta::zero());
        assert_eq!(keeper.read().0, Now { logical: last, wall });
        fake.pass(60, 0);
        let keeper = Timekeeper::new(fake, Some(last), TimeDelta::hours(1));
        assert_eq!(keeper.logical(), last + TimeDelta::seconds(60), "what has passed since the last record counts");
    }
}
