//! The daily test of each channel: what the judge sees of it, and what is promised.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use wardbell::domain::channel_test::ChannelTestEvent;
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::escalation::event::Event;
use wardbell::domain::id::SourceName;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::test_message::TestMessage;
use wardbell::journal::record::Fact;

use crate::hospital::{Daily, PUBLIC_URL};
use crate::invariants::Broken;
use crate::ledger::{Fresh, Ledger, Try};
use crate::oracle::instant;

/// One process tries a day's test three times at most.
const TRIES_MAX: u32 = 3;

/// And rests for at least so long before it tries again.
const PAUSE_MS: u64 = 60_000;

/// The wall clock is looked at every ten minutes; a test is later by no more.
const LATE_MAX_MS: u64 = 600_000;

/// After downtime a test is made up for when it is less late than this.
const MADE_UP_FOR: TimeDelta = TimeDelta::hours(12);

/// A message that is let go without a link gets one within this time, and arrives.
const BEHIND_MAX_MS: u64 = 1_000;

/// However the clock is set, the tests of two days are at least so far apart.
const DAYS_APART_MS: u64 = 3_600_000;

/// What the judge knows of test messages.
#[derive(Debug, Default)]
pub struct Tests {
    days: BTreeMap<(ChannelKind, NaiveDate), Day>,
    /// The day whose test is due over a channel, and the true time since when.
    due: BTreeMap<ChannelKind, (NaiveDate, u64)>,
    /// This step's attempts.
    pub sends: Vec<TestSend>,
    /// Of this process, those that were not answered yet.
    in_flight: usize,
    /// Since when messages have been let go, and have not arrived, while tests are on their way.
    behind_since: Option<u64>,
    /// All attempts.
    pub made: u64,
}

/// One day's own test over one channel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Day {
    /// It was tried by this process.
    epoch: u32,
    tries: u32,
    state: Option<Try>,
    last_at: u64,
    ended_at: u64,
    /// The record that tells how it ended, until it is pruned.
    recorded: Option<u64>,
    was_recorded: bool,
}

/// One attempt that has arrived.
#[derive(Debug, Clone)]
pub struct TestSend {
    message: TestMessage,
    text: String,
    wall: DateTime<Utc>,
    before: Option<Day>,
    /// When the latest of another day arrived.
    other_day_at: Option<u64>,
}

impl Tests {
    /// The record up to there is gone, and what it told of tests with it.
    pub fn forget(&mut self, through: u64) {
        self.days.values_mut().for_each(|day| day.recorded = day.recorded.filter(|seq| *seq > through));
    }
}

impl Ledger {
    /// A test message has arrived.
    pub fn send_test(&mut self, message: &TestMessage, text: String) {
        let (now, epoch, tests) = (self.now, self.epoch, &mut self.tests);
        tests.in_flight += 1;
        tests.made += 1;
        let key = (message.channel, message.day);
        let others = tests.days.iter().filter(|((channel, day), _)| *channel == key.0 && *day != key.1);
        let other_day_at = others.map(|(_, day)| day.last_at).max();
        let before = tests.days.get(&key).copied();
        tests.sends.push(TestSend { message: message.clone(), text, wall: self.wall, before, other_day_at });
        if message.daily {
            let day = tests.days.entry(key).or_default();
            day.tries = if day.epoch == epoch { day.tries + 1 } else { 1 };
            (day.epoch, day.state, day.last_at) = (epoch, Some(Try::InFlight), now);
        }
    }

    /// A provider has answered a test message.
    pub fn test_ended(&mut self, message: &TestMessage, outcome: &Outcome) {
        self.tests.in_flight -= 1;
        if let Some(day) = self.tests.days.get_mut(&(message.channel, message.day)).filter(|_| message.daily) {
            day.state = Some(if matches!(outcome, Outcome::Retry { .. }) { Try::Again } else { Try::Ended });
            day.ended_at = self.now;
        }
    }

    /// The record tells how a day's test ended.
    pub fn test_recorded(&mut self, channel: ChannelKind, day: NaiveDate) {
        let seq = self.hashes.len() as u64;
        let known = self.tests.days.entry((channel, day)).or_default();
        known.was_recorded = true;
        if known.recorded.replace(seq).is_some() {
            self.faults.push(format!("the test of {channel} on {day} is recorded twice"));
        }
    }

    /// The process has ended, and with it what was on its way.
    pub fn forget_tests(&mut self) {
        self.tests.in_flight = 0;
        self.tests.behind_since = None;
        self.tests.due.clear();
    }

    /// Looks which tests are due now, and whether any message waits for one.
    pub fn watch_tests(&mut self) {
        let let_go = self.held.map_or(0, |held| held.on_their_way);
        let is_behind = self.tests.in_flight > 0 && let_go > self.messages_in_flight;
        self.tests.behind_since = self.tests.behind_since.or(Some(self.now)).filter(|_| is_behind);
        let due = self.hospital.daily_test.as_ref().and_then(|daily| Some((daily, due(daily, self.wall)?)));
        let Some((daily, day)) = due else { return self.tests.due.clear() };
        for (channel, _) in &daily.to {
            let since = self.tests.due.entry(*channel).or_insert((day, self.now));
            if since.0 != day {
                *since = (day, self.now);
            }
        }
    }
}

/// The day whose test is due at an instant, by a plain reading of the clock on the wall.
fn due(daily: &Daily, wall: DateTime<Utc>) -> Option<NaiveDate> {
    let today = wall.with_timezone(&daily.zone).date_naive();
    let days = [today.checked_add_days(Days::new(1))?, today, today.pred_opt()?];
    days.into_iter().find_map(|day| {
        let late = wall - instant(daily.zone, day.and_hms_opt(daily.hour, daily.minute, 0)?);
        (late >= TimeDelta::zero()).then(|| (late < MADE_UP_FOR).then_some(day))
    })?
}

/// A day has one test over each channel, tried again only with pauses where it was refused for now: no burst after
/// downtime or a step of the clock.
pub fn a_channel_is_tested_once_a_day(ledger: &Ledger) -> Broken {
    for (index, send) in ledger.tests.sends.iter().enumerate().filter(|(_, send)| send.message.daily) {
        let TestMessage { channel, day, .. } = &send.message;
        let earlier = ledger.tests.sends[..index].iter();
        if earlier.filter(|one| one.message.daily && one.message.channel == *channel).count() > 0 {
            return Err(format!("two test messages went over {channel} at once"));
        }
        if send.other_day_at.is_some_and(|at| ledger.now < at + DAYS_APART_MS) {
            return Err(format!("the test of {channel} on {day} came right after another day's"));
        }
        let before = send.before.unwrap_or_default();
        if before.recorded.is_some() {
            return Err(format!("{channel} was tested on {day} although the record says that it was"));
        }
        let is_again = before.epoch == ledger.epoch;
        let rested = before.ended_at + PAUSE_MS <= ledger.now + 1_050;
        if is_again && !(before.state == Some(Try::Again) && rested && before.tries < TRIES_MAX) {
            return Err(format!("{channel} was tested on {day} once more, after {before:?}"));
        }
        let asked = ledger.hospital.daily_test.as_ref().and_then(|daily| due(daily, send.wall));
        if !is_again && asked != Some(*day) {
            return Err(format!("{channel} was tested for {day} at {}, when {asked:?} was due", send.wall));
        }
    }
    Ok(())
}

/// While it is up, a test that is due is made within ten minutes.
pub fn every_channel_is_tested_daily(ledger: &Ledger) -> Broken {
    for (channel, (day, since)) in ledger.tests.due.iter().filter(|_| ledger.is_up) {
        let made = ledger.tests.days.get(&(*channel, *day));
        let is_made = made.is_some_and(|made| made.was_recorded || made.epoch == ledger.epoch);
        if !is_made && ledger.now > (*since).max(ledger.started_at) + LATE_MAX_MS + 1_000 {
            return Err(format!("{channel} has not been tested on {day}, for {} ms", ledger.now - since));
        }
    }
    Ok(())
}

/// It shows no link, no incident and no word that a source sent, and says that nothing is to be done.
pub fn a_test_is_no_page(ledger: &Ledger) -> Broken {
    for TestSend { message, text, .. } in &ledger.tests.sends {
        let names_an_incident = ledger.incidents.keys().any(|id| text.contains(&id.to_string()));
        if text.contains(PUBLIC_URL) || names_an_incident || text.contains("secret") {
            return Err(format!("a test of {} looks like a page: {text}", message.channel));
        }
        if !text.contains("Nothing to do") {
            return Err(format!("a test of {} does not say what it is: {text}", message.channel));
        }
    }
    Ok(())
}

/// What waits to be sent waits for other pages alone, and what was let go arrives.
pub fn a_test_delays_no_page(ledger: &Ledger) -> Broken {
    let tests = ledger.tests.in_flight;
    if let Some(since) = ledger.tests.behind_since.filter(|since| ledger.now > since + BEHIND_MAX_MS) {
        return Err(format!("messages have been waiting behind {tests} tests for {} ms", ledger.now - since));
    }
    match ledger.held {
        // Only where a channel has all on its way that it may does anything wait that may go.
        Some(held) if held.ready > 0 && held.on_their_way < 4 => {
            Err(format!("{} recipients wait behind {} messages and {tests} tests", held.ready, held.on_their_way))
        }
        _ => Ok(()),
    }
}

/// The fallback department is told of a channel whose daily test has failed, and of no other.
pub fn a_failed_test_is_told_of(ledger: &Ledger) -> Broken {
    for channel in ChannelKind::ALL {
        let (mut failed, mut told) = (0, 0);
        let mut torn = false;
        for Fresh { record, is_late, .. } in &ledger.fresh {
            torn |= is_late;
            match &record.entry.fact {
                Fact::ChannelTest(tested, ChannelTestEvent::Tested { day: Some(_), outcome, .. }) => {
                    failed += u32::from(*tested == channel && outcome.code().is_some());
                }
                Fact::Incident(id, Event::Opened(_) | Event::Folded(_)) => {
                    let incident = &ledger.incidents[id];
                    let key = incident.dedup_key.as_deref().and_then(|key| key.strip_prefix("channel:"));
                    told += u32::from(incident.source == SourceName::wardbell() && key == Some(channel.word()));
                }
                _ => {}
            }
        }
        // Where a crash tears the batch, somebody is told and the test is made again.
        if failed > told || failed < told && !torn {
            return Err(format!("{failed} tests of {channel} failed, and {told} times somebody was told"));
        }
    }
    Ok(())
}
