//! The test of one channel: the daily one at its wall-clock time, and those that an operator requests.
//!
//! Results are recorded, so that a restart does not repeat the daily test. A test in flight when the process ends is
//! repeated after the next start.

use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::aggregate::{Aggregate, Decision};
use crate::domain::contact::ChannelKind;
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::local_time::to_local;
use crate::domain::outcome::Outcome;
use crate::domain::page::HospitalName;
use crate::domain::plan::Plan;
use crate::domain::playbook::matching::CHANNEL_FAILING;
use crate::domain::test_message::{DailyTest, TestMessage};

/// Retries of the daily test, so that a briefly busy provider wakes no one.
const RETRIES: u32 = 2;

/// The minimum pause between attempts.
const RETRY_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How often the wall clock is checked; after it is set ahead, a test is late by at most this.
const LOOK_AGAIN: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTest {
    #[serde(flatten)]
    pub last: LastTest,
    /// How it is tested; `None` if it is not. Only the running process knows this.
    #[serde(skip)]
    schedule: Option<Arc<Schedule>>,
    /// Only the running process knows this.
    #[serde(skip)]
    running: Vec<Running>,
}

/// What the record contains about a channel's tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastTest {
    /// The last day whose daily test is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// When a test message was last accepted, on the wall clock.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<DateTime<Utc>>,
    /// The last test failed.
    pub failed: bool,
}

/// How a channel is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    hospital: HospitalName,
    channel: ChannelKind,
    daily: DailyTest,
    to: String,
}

/// Which test of a channel: one a day, and one for each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestRun {
    Daily(NaiveDate),
    /// Requests are numbered since startup.
    Requested(u64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    run: TestRun,
    message: TestMessage,
    to: String,
    tries: u32,
    /// In logical time; `None` while an attempt is in flight.
    again_at: Option<DateTime<Utc>>,
}

/// An attempt that may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestAttempt {
    pub run: TestRun,
    pub message: TestMessage,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ChannelTestEvent {
    /// A test message was accepted, or finally failed after retries.
    Tested {
        /// The day, if it is a daily test.
        day: Option<NaiveDate>,
        /// Wall clock.
        #[serde(with = "crate::domain::instant")]
        tested_at: DateTime<Utc>,
        #[serde(flatten)]
        outcome: Outcome,
    },
}

#[derive(Debug)]
pub enum ChannelTestInput {
    /// The settings in force test it like this.
    Schedule(Option<Arc<Schedule>>),
    /// An operator wants a test now; it is not retried.
    Request(u64),
    /// An attempt ended.
    Ended { run: TestRun, outcome: Outcome },
    /// Something may be due.
    Timeout,
}

impl Schedule {
    /// How a plan tests a channel; `None` if it does not, or cannot send by it.
    pub fn of(plan: &Plan, channel: ChannelKind) -> Option<Self> {
        let daily = plan.daily_test.as_ref()?;
        let to = daily.to.get(&channel).filter(|_| plan.channels.contains(&channel))?;
        Some(Self { hospital: plan.hospital.clone(), channel, daily: daily.clone(), to: to.clone() })
    }

    fn message(&self, run: TestRun, now: DateTime<Utc>) -> TestMessage {
        let (day, daily) = match run {
            TestRun::Daily(day) => (day, true),
            TestRun::Requested(_) => (to_local(&self.daily.zone, now).date(), false),
        };
        TestMessage { hospital: self.hospital.clone(), channel: self.channel, day, daily, written_at: now }
    }
}

impl ChannelTest {
    /// The attempts that may start now; each is in flight until its outcome arrives.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<TestAttempt> {
        let mut due = Vec::new();
        for test in &mut self.running {
            if test.again_at.take_if(|at| *at <= now).is_some() {
                test.tries += 1;
                due.push(TestAttempt { run: test.run, message: test.message.clone(), to: test.to.clone() });
            }
        }
        due
    }

    /// The day whose daily test is due but neither done nor running.
    fn due_day(&self, wall: DateTime<Utc>) -> Option<NaiveDate> {
        let day = self.schedule.as_ref()?.daily.due(wall)?;
        let runs = self.running.iter().any(|one| matches!(one.run, TestRun::Daily(_)));
        (self.last.day != Some(day) && !runs).then_some(day)
    }

    fn begin(&mut self, run: TestRun, now: Now) {
        if let Some(schedule) = &self.schedule {
            let (message, to) = (schedule.message(run, now.wall), schedule.to.clone());
            self.running.push(Running { run, message, to, tries: 0, again_at: Some(now.logical) });
        }
    }

    /// Ends an attempt. Returns the event if the test is finished rather than retried.
    fn end(&mut self, run: TestRun, outcome: Outcome, now: Now) -> Option<ChannelTestEvent> {
        let index = self.running.iter().position(|test| test.run == run)?;
        let test = &mut self.running[index];
        if let Outcome::Retry { after, at_most, .. } = &outcome
            && test.message.daily
            && test.tries <= at_most.unwrap_or(RETRIES).min(RETRIES)
        {
            let pause = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or_default();
            test.again_at = Some(now.logical + pause.max(RETRY_PAUSE));
            return None;
        }
        self.running.remove(index);
        let day = match run {
            TestRun::Daily(day) => Some(day),
            TestRun::Requested(_) => None,
        };
        Some(ChannelTestEvent::Tested { day, tested_at: now.wall, outcome })
    }
}

impl ChannelTestEvent {
    /// The incident that reports a failed daily test.
    pub fn report(&self, channel: ChannelKind) -> Option<Incoming> {
        let Self::Tested { day, outcome, .. } = self;
        let code = outcome.code().filter(|_| day.is_some())?;
        Some(Incoming {
            class: CHANNEL_FAILING.to_owned(),
            // Source names contain no colon.
            dedup_key: Some(format!("channel:{channel}")),
            summary: Some(format!("the daily test of the channel `{channel}` failed: {code}")),
            ..Incoming::default()
        })
    }
}

impl Aggregate for ChannelTest {
    type Id = ChannelKind;
    type Context<'a> = Now;
    type Input = ChannelTestInput;
    type Event = ChannelTestEvent;
    type Refusal = Infallible;

    fn decide(&self, now: &Now, input: ChannelTestInput) -> Result<Decision<Self, ChannelTestEvent>, Infallible> {
        let (mut after, mut event) = (self.clone(), None);
        match input {
            ChannelTestInput::Schedule(schedule) => after.schedule = schedule,
            ChannelTestInput::Request(number) => after.begin(TestRun::Requested(number), *now),
            ChannelTestInput::Ended { run, outcome } => event = after.end(run, outcome, *now),
            ChannelTestInput::Timeout => {
                if let Some(day) = self.due_day(now.wall) {
                    after.begin(TestRun::Daily(day), *now);
                }
            }
        }
        if let Some(event) = &event {
            after.evolve(now.logical, event);
        }
        Ok(Decision { events: event.into_iter().collect(), after })
    }

    fn evolve(&mut self, _at: DateTime<Utc>, event: &ChannelTestEvent) {
        let ChannelTestEvent::Tested { day, tested_at, outcome } = event;
        self.last.day = day.or(self.last.day);
        self.last.failed = !matches!(outcome, Outcome::Accepted { .. });
        if !self.last.failed {
            self.last.accepted_at = Some(*tested_at);
        }
    }

    fn next_timeout(&self, now: Now) -> Option<DateTime<Utc>> {
        if self.due_day(now.wall).is_some() {
            return Some(now.logical);
        }
        let next = self.schedule.as_ref().and_then(|schedule| schedule.daily.next(now.wall));
        let next = next.map(|at| now.logical + (at - now.wall).min(LOOK_AGAIN));
        self.running.iter().filter_map(|test| test.again_at).chain(next).min()
    }

    fn shift(&mut self, by: TimeDelta) {
        self.running.iter_mut().for_each(|test| test.again_at = test.again_at.map(|at| at + by));
    }

    fn lives(&self) -> bool {
        self.last != LastTest::default()
    }
}

#[cfg(test)]
mod tests;
