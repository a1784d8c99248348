//! The clocks as the loop reads them: a jump of the wall clock is recorded as soon as it is seen.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::instant::Now;
use crate::engine::run::Engine;
use crate::journal::record::HouseEvent;

/// While somebody waits, the clocks are looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the wall clock was set by is recorded from so much on, so that a restart shortens no wait by more.
const AHEAD_RECORDED: TimeDelta = TimeDelta::milliseconds(100);

impl Engine {
    /// How long until the clocks are looked at although nothing is due: a jump is recorded soon, as nobody could tell it from
    /// time that passed if the process ended before. Where nothing waits, nothing has to be known.
    pub(in crate::engine) fn look_at_clocks(&self) -> Option<Duration> {
        (!self.desk.is_empty()).then_some(LOOK_EVERY)
    }

    /// Reads the clocks; where the wall clock jumped ahead, every deadline moves with it.
    pub(in crate::engine) fn read_clocks(&mut self) -> Now {
        let (now, step) = self.keeper.read();
        if let Some(by) = step {
            tracing::warn!(by_ms = by.num_milliseconds(), "the wall clock jumped ahead: all waits keep their length");
            self.desk.shift(by);
            self.courier.outbox.shift(by);
            self.late.iter_mut().for_each(|late| late.shift(by));
            self.silence.shift(by);
            self.tests.shift(by);
            self.stopping.iter_mut().for_each(|stopping| stopping.shift(by));
            self.record_house(now, vec![HouseEvent::ClockStepped { by_ms: by.num_milliseconds() }]);
        }
        let ahead = self.keeper.ahead();
        if (ahead - self.recorded_ahead).abs() >= AHEAD_RECORDED {
            self.recorded_ahead = ahead;
            tracing::warn!(ahead_ms = ahead.num_milliseconds(), "the wall clock was set: all waits keep their length");
            self.record_house(now, vec![HouseEvent::ClockSetBack { ahead_ms: ahead.num_milliseconds() }]);
        }
        now
    }
}
