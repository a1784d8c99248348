//! Test messages: the daily test at its wall-clock time, and those that an operator requests.
//!
//! Results are recorded, so that a restart does not repeat the daily test. A test in flight when the process ends is
//! repeated after the next start.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::local_time::to_local;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::test_message::TestMessage;
use crate::engine::protocol::channel_test::TestResult;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::store::projections::channel_tests::LastTest;

/// Retries of the daily test, so that a briefly busy provider wakes no one.
const RETRIES: u32 = 2;

/// The minimum pause between attempts.
const RETRY_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// How often the wall clock is checked; after it is set ahead, a test is late by at most this.
const LOOK_AGAIN: Duration = Duration::from_secs(600);

/// Running tests and the last result of each channel.
#[derive(Default)]
pub struct ChannelTests {
    last: BTreeMap<ChannelKind, LastTest>,
    running: BTreeMap<u64, Running>,
    asked: Vec<Asked>,
    /// The number of tests since startup, used as their id.
    count: u64,
}

struct Running {
    message: TestMessage,
    to: String,
    tries: u32,
    /// In logical time; `None` while an attempt is in flight.
    again_at: Option<DateTime<Utc>>,
}

/// A caller waiting for these tests.
struct Asked {
    reply: Reply<Vec<TestResult>>,
    waits_for: BTreeSet<u64>,
    results: Vec<TestResult>,
}

/// How one attempt of a test ended.
#[derive(Debug, Clone)]
pub struct Tested {
    pub number: u64,
    pub channel: ChannelKind,
    /// The day, if it is a daily test.
    pub day: Option<NaiveDate>,
    pub outcome: Outcome,
}

/// An attempt that may start.
pub struct Ready {
    pub number: u64,
    pub message: TestMessage,
    pub to: String,
}

impl ChannelTests {
    /// Starts from the recorded results.
    pub fn new(last: BTreeMap<ChannelKind, LastTest>) -> Self {
        Self { last, ..Self::default() }
    }

    /// The last result of each channel that is tested daily.
    pub fn last(&self, plan: &Plan) -> BTreeMap<ChannelKind, LastTest> {
        let tested = plan.daily_test.iter().flat_map(|test| test.to.keys());
        tested.map(|channel| (*channel, self.last.get(channel).copied().unwrap_or_default())).collect()
    }

    /// The attempts that may start now, including daily tests that are due.
    pub fn take_ready(&mut self, plan: &Plan, wall: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Ready> {
        for (channel, day, to) in self.due(plan, wall) {
            let message = TestMessage { hospital: plan.hospital.clone(), channel, day, daily: true, written_at: wall };
            self.begin(message, to, now);
        }
        let mut ready = Vec::new();
        for (number, test) in &mut self.running {
            if test.again_at.take_if(|at| *at <= now).is_some() {
                test.tries += 1;
                ready.push(Ready { number: *number, message: test.message.clone(), to: test.to.clone() });
            }
        }
        ready
    }

    /// Tests every channel now, without retries; answers when all have finished.
    pub fn ask(&mut self, plan: &Plan, wall: DateTime<Utc>, now: DateTime<Utc>, reply: Reply<Vec<TestResult>>) {
        let mut waits_for = BTreeSet::new();
        if let Some(test) = &plan.daily_test {
            let day = to_local(&test.zone, wall).date();
            for (channel, to) in test.to.iter().filter(|(channel, _)| plan.channels.contains(channel)) {
                let (hospital, channel) = (plan.hospital.clone(), *channel);
                let message = TestMessage { hospital, channel, day, daily: false, written_at: wall };
                waits_for.insert(self.begin(message, to.clone(), now));
            }
        }
        if waits_for.is_empty() {
            // The caller may be gone.
            let _gone = reply.send(Err(Refused::NothingToTest));
        } else {
            self.asked.push(Asked { reply, waits_for, results: Vec::new() });
        }
    }

    /// Handles the end of an attempt; returns whether the test is finished rather than retried.
    pub fn end(&mut self, tested: &Tested, wall: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let Some(test) = self.running.get_mut(&tested.number) else { return false };
        if let Outcome::Retry { after, at_most, .. } = &tested.outcome
            && test.message.daily
            && test.tries <= at_most.unwrap_or(RETRIES).min(RETRIES)
        {
            let pause = after.and_then(|after| TimeDelta::from_std(after).ok()).unwrap_or_default();
            test.again_at = Some(now + pause.max(RETRY_PAUSE));
            return false;
        }
        self.running.remove(&tested.number);
        self.last.entry(tested.channel).or_default().end(tested.day, wall, &tested.outcome);
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.waits_for.contains(&tested.number)) {
            asked.waits_for.remove(&tested.number);
            asked.results.push(TestResult { channel: tested.channel, outcome: tested.outcome.clone() });
        }
        true
    }

    /// Answers callers whose tests have all finished; `failing` says why the results are not recorded.
    pub fn answer(&mut self, failing: Option<&str>) {
        for mut asked in self.asked.extract_if(.., |asked| asked.waits_for.is_empty()) {
            asked.results.sort_by_key(|result| result.channel);
            let answer = match failing {
                None => Ok(asked.results),
                Some(reason) => Err(Refused::TestsUnrecorded { tests: asked.results, reason: reason.to_owned() }),
            };
            // The caller may be gone.
            let _gone = asked.reply.send(answer);
        }
    }

    /// Shifts all timeouts after a clock jump.
    pub fn shift(&mut self, by: TimeDelta) {
        self.running.values_mut().for_each(|test| test.again_at = test.again_at.map(|at| at + by));
    }

    /// How long the engine may sleep without missing a test.
    pub fn pause(&self, plan: &Plan, wall: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
        if !self.due(plan, wall).is_empty() {
            return Some(Duration::ZERO);
        }
        let next = plan.daily_test.as_ref().and_then(|test| test.next(wall)).map(|at| at - wall);
        let again = self.running.values().filter_map(|test| Some(test.again_at? - now)).min();
        let pause = next.map(|next| next.to_std().unwrap_or_default().min(LOOK_AGAIN));
        let again = again.map(|again| again.to_std().unwrap_or_default());
        pause.into_iter().chain(again).min().map(|pause| pause.max(Duration::from_millis(1)))
    }

    /// The daily tests that are due but neither done nor running.
    fn due(&self, plan: &Plan, wall: DateTime<Utc>) -> Vec<(ChannelKind, NaiveDate, String)> {
        let Some((test, day)) = plan.daily_test.as_ref().and_then(|test| Some((test, test.due(wall)?))) else {
            return Vec::new();
        };
        let is_made = |channel: &ChannelKind| self.last.get(channel).is_some_and(|last| last.day == Some(day));
        let runs = |channel: &ChannelKind| {
            self.running.values().any(|one| one.message.daily && one.message.channel == *channel)
        };
        let due = test.to.iter().filter(|(channel, _)| plan.channels.contains(channel));
        let due = due.filter(|(channel, _)| !is_made(channel) && !runs(channel));
        due.map(|(channel, to)| (*channel, day, to.clone())).collect()
    }

    fn begin(&mut self, message: TestMessage, to: String, now: DateTime<Utc>) -> u64 {
        self.count += 1;
        self.running.insert(self.count, Running { message, to, tries: 0, again_at: Some(now) });
        self.count
    }
}

#[cfg(test)]
mod tests;
