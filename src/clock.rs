//! The only module that reads a clock or the machine's time zone rules.

pub mod zones;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};

use crate::domain::instant::{Now, to_millis};

/// The wall clock counts as set if it deviates from the monotonic clock by more than this, at once or in several steps.
/// Both clocks follow a time server's gradual corrections alike.
const JUMP: TimeDelta = TimeDelta::seconds(1);

/// Limit on the time between the readings of the two clocks; if it takes longer, they are read again.
const READ_WITHIN: Duration = Duration::from_millis(20);

/// Limit on the number of attempts.
const READ_TRIES: u32 = 5;

/// A source of time; virtual in simulations.
pub trait Clock: Send {
    /// The wall clock, which people and programs may set.
    fn wall(&self) -> DateTime<Utc>;

    /// Time since an arbitrary start. It cannot be set, and it continues while the machine is suspended.
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

/// Keeps logical time, which advances only with the monotonic clock, so that neither changes to the wall clock nor pauses
/// between readings change the length of a wait.
///
/// A forward jump of the wall clock is reported as a step, by which logical time and every deadline move. After a backward
/// jump, logical time stays ahead of the wall clock by a skew.
#[derive(Debug)]
pub struct Timekeeper<C> {
    clock: C,
    /// The monotonic clock at the start.
    started: Duration,
    /// The wall clock at the start according to its present setting, ignoring small deviations.
    wall: DateTime<Utc>,
    /// Logical time at the start plus all steps since.
    origin: DateTime<Utc>,
    logical: DateTime<Utc>,
    skew: TimeDelta,
    /// The small deviations of the wall clock that were ignored.
    little: TimeDelta,
}

impl<C: Clock> Timekeeper<C> {
    /// Starts at or after the last recorded instant, with the previous skew ahead of the wall clock, so that time since the
    /// last record counts even if the wall clock was set back.
    pub fn new(clock: C, last_recorded: Option<DateTime<Utc>>, ahead: TimeDelta) -> Self {
        let (wall, started) = both(&clock);
        let logical = last_recorded.map_or(wall, |last| last.max(wall + ahead));
        Self { clock, started, wall, origin: logical, logical, skew: logical - wall, little: TimeDelta::zero() }
    }

    /// Reads the clocks. The second value is the step by which deadlines must move if the wall clock jumped forward.
    pub fn read(&mut self) -> (Now, Option<TimeDelta>) {
        let (wall, steady) = both(&self.clock);
        let passed = to_whole_millis(self.passed_at(steady));
        let departure = (wall - self.wall) - passed;
        let mut step = None;
        self.little = departure;
        if departure.abs() > JUMP {
            self.little = TimeDelta::zero();
            self.wall += departure;
            let made_up = departure.min(self.skew);
            self.skew -= made_up;
            step = Some(departure - made_up).filter(|step| *step > TimeDelta::zero());
            self.origin += step.unwrap_or_default();
        }
        self.logical = self.logical.max(self.origin + passed);
        (Now { logical: self.logical, wall }, step)
    }

    /// Logical time from the monotonic clock alone: the progress of waits, whatever happens to the wall clock.
    pub fn read_without_step(&self) -> DateTime<Utc> {
        self.logical.max(self.origin + self.passed_at(self.clock.steady()))
    }

    fn passed_at(&self, steady: Duration) -> TimeDelta {
        TimeDelta::from_std(steady.saturating_sub(self.started)).unwrap_or_default()
    }

    pub fn wall(&self) -> DateTime<Utc> {
        to_millis(self.clock.wall())
    }

    /// Starts measuring a duration.
    pub fn stopwatch(&self) -> Duration {
        self.clock.steady()
    }

    /// The duration since [`stopwatch`](Self::stopwatch).
    pub fn since(&self, started: Duration) -> Duration {
        self.clock.steady().saturating_sub(started)
    }

    /// How far logical time is ahead of the wall clock, which was set back; negative if the wall clock was set forward by an
    /// amount too small to count. A restart continues with it.
    pub fn ahead(&self) -> TimeDelta {
        self.skew - self.little
    }

    /// Logical time when the monotonic clock showed zero. Only a step changes it.
    pub fn at_zero(&self) -> DateTime<Utc> {
        self.origin - TimeDelta::from_std(self.started).unwrap_or_default()
    }

    /// Logical time at the last reading.
    pub fn logical(&self) -> DateTime<Utc> {
        self.logical
    }
}

/// Both clocks at one instant: time that passes between the readings would look like a jump.
fn both(clock: &impl Clock) -> (DateTime<Utc>, Duration) {
    let mut before = clock.steady();
    for _ in 1..READ_TRIES {
        let (wall, after) = (clock.wall(), clock.steady());
        if after.saturating_sub(before) <= READ_WITHIN {
            return (to_millis(wall), after);
        }
        before = after;
    }
    (to_millis(clock.wall()), clock.steady())
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
            self.pass_millis(seconds * 1_000, jump * 1_000);
        }

        fn pass_millis(&self, passed: i64, jump: i64) {
            let mut time = self.0.lock().unwrap();
            time.0 += TimeDelta::milliseconds(passed + jump);
            time.1 += Duration::from_millis(passed.unsigned_abs());
        }
    }

    /// How long a one-minute wait takes on the monotonic clock if the wall clock is set by this many milliseconds every
    /// hundred.
    fn waited(jumps: &[i64]) -> Duration {
        let start: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().unwrap();
        let fake = Fake(Arc::new(Mutex::new((start, Duration::from_secs(100)))));
        let mut keeper = Timekeeper::new(fake.clone(), None, TimeDelta::zero());
        let mut due = start + TimeDelta::minutes(1);
        for jump in jumps.iter().cycle() {
            fake.pass_millis(100, *jump);
            let (now, step) = keeper.read();
            due += step.unwrap_or_default();
            assert_eq!(now.wall + keeper.ahead(), now.logical, "after a jump of {jump}");
            let steady = TimeDelta::from_std(fake.steady()).unwrap();
            assert_eq!(keeper.at_zero() + steady, now.logical, "after a jump of {jump}");
            assert!(keeper.ahead() >= -JUMP, "{} after a jump of {jump}", keeper.ahead());
            if now.logical >= due {
                break;
            }
        }
        fake.steady() - Duration::from_secs(100)
    }

    #[test]
    fn jumps_of_less_than_a_second_change_no_wait_either() {
        for jumps in
            [&[0][..], &[999], &[-999], &[1_000], &[400, -900], &[-3_600_000, 3_600_500], &[12_345, -1_001, 0, 7]]
        {
            assert_eq!(waited(jumps), Duration::from_secs(60), "{jumps:?}");
        }
    }

    #[test]
    fn a_pause_between_two_readings_changes_no_wait() {
        /// The delay between reading its wall clock and its monotonic clock, in milliseconds.
        struct Paused(Fake, i64);
        impl Clock for Paused {
            fn wall(&self) -> DateTime<Utc> {
                let wall = self.0.wall();
                self.0.pass_millis(self.1, 0);
                wall
            }

            fn steady(&self) -> Duration {
                self.0.steady()
            }
        }
        let start: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().unwrap();
        let fake = Fake(Arc::new(Mutex::new((start, Duration::ZERO))));
        let mut keeper = Timekeeper::new(Paused(fake.clone(), 0), None, TimeDelta::zero());
        let mut steps = TimeDelta::zero();
        for (pause, jump) in [(700, -3_600_000), (0, 0), (800, 7_200_000), (0, 0), (2_500, 0), (0, 0)] {
            keeper.clock.1 = pause;
            fake.pass_millis(1_000, jump);
            let (now, step) = keeper.read();
            steps += step.unwrap_or_default();
            assert_eq!(now.logical - steps - start, TimeDelta::from_std(fake.steady()).unwrap());
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
