//! Tests of a channel, step by step.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::domain::bundling::Bundling;
use crate::domain::contact_index::ContactIndex;
use crate::domain::outcome::Blame;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

fn plan_to(to: &[(ChannelKind, &str)]) -> Plan {
    let to = to.iter().map(|(channel, to)| (*channel, (*to).to_owned())).collect();
    let daily_test =
        DailyTest { at: "08:30:00".parse().unwrap(), zone: Zone::built_in("America/Chicago").unwrap(), to };
    Plan {
        contacts: ContactIndex::default(),
        rules: std::sync::Arc::clone(Rules::built_in()),
        hospital: "MERCY".parse().unwrap(),
        rosters: BTreeMap::new(),
        playbooks: Vec::new(),
        fallback: "house".parse().unwrap(),
        channels: vec![ChannelKind::Sms],
        labels: BTreeMap::new(),
        policies: BTreeMap::new(),
        lists: std::sync::Arc::default(),
        heard_within: BTreeMap::new(),
        bundling: Bundling::DEFAULT,
        daily_test: Some(daily_test),
        access: crate::domain::access::Access::default(),
        files: Vec::new(),
        texts: BTreeMap::new(),
    }
}

/// So many seconds after the test's time on 24 November.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-24T14:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

const ACCEPTED: Outcome = Outcome::Accepted { provider_id: None };

/// The test of text messages, with what it decided.
struct Tested(ChannelTest, Vec<ChannelTestEvent>);

impl Tested {
    fn new(kept: ChannelTest) -> Self {
        let mut tested = Self(kept, Vec::new());
        let plan = plan_to(&[(ChannelKind::Email, "it@mercy.example"), (ChannelKind::Sms, "+13125550100")]);
        assert_eq!(Schedule::of(&plan, ChannelKind::Email), None, "mail is not set up");
        let schedule = Schedule::of(&plan, ChannelKind::Sms).map(Arc::new);
        tested.take(-100_000, ChannelTestInput::Schedule(schedule));
        tested
    }

    fn take(&mut self, seconds: i64, input: ChannelTestInput) {
        let Ok(decision) = self.0.decide(&Now::agreed(at(seconds)), input);
        let mut replayed = self.0.clone();
        decision.events.iter().for_each(|event| replayed.evolve(at(seconds), event));
        assert_eq!(replayed.last, decision.after.last, "a replay says the same");
        self.0 = decision.after;
        self.1.extend(decision.events);
    }

    fn due(&mut self, seconds: i64) -> Vec<TestAttempt> {
        self.take(seconds, ChannelTestInput::Timeout);
        self.0.take_due(at(seconds))
    }

    /// The outcome of an attempt; whether the test has ended with it.
    fn end(&mut self, seconds: i64, attempt: &TestAttempt, outcome: Outcome) -> bool {
        let before = self.1.len();
        self.take(seconds, ChannelTestInput::Ended { run: attempt.run, outcome });
        self.1.len() > before
    }

    #[track_caller]
    fn check_next(&self, seconds: i64, next: i64) {
        assert_eq!(self.0.next_timeout(Now::agreed(at(seconds))), Some(at(next)));
    }
}

#[test]
fn a_day_s_test_is_sent_once_also_over_a_restart() {
    let mut tested = Tested::new(ChannelTest::default());
    assert!(!tested.0.lives());
    tested.check_next(-90, 0);
    // The clock may be set meanwhile.
    tested.check_next(-9_000, -8_400);
    assert_eq!(tested.due(-1), []);
    tested.check_next(0, 0);
    let due = tested.due(0);
    assert_eq!((due.len(), due[0].message.channel, due[0].message.daily), (1, ChannelKind::Sms, true));
    assert_eq!(tested.due(1), [], "it is on its way");
    assert!(tested.end(2, &due[0], ACCEPTED));
    assert_eq!(tested.due(3), []);
    let kept = serde_json::to_string(&tested.0).unwrap();
    let mut restarted = Tested::new(serde_json::from_str(&kept).unwrap());
    assert!(restarted.0.lives());
    assert_eq!(restarted.due(4), [], "the record knows it");
    assert_eq!(restarted.0.last.accepted_at, Some(at(2)));
    assert_eq!(restarted.due(86_400).len(), 1, "the next day has its own");
}

#[test]
fn a_daily_test_that_fails_is_tried_twice_more_and_a_refusal_ends_it_at_once() {
    let mut tested = Tested::new(ChannelTest::default());
    let busy = |after| Outcome::Retry { code: "http-503".into(), after, at_most: None };
    let first = tested.due(0).remove(0);
    assert!(!tested.end(1, &first, busy(None)));
    tested.check_next(1, 61);
    assert_eq!(tested.due(60), []);
    let second = tested.due(61).remove(0);
    assert_eq!(second, first, "one message, the same over all");
    assert!(!tested.end(62, &second, busy(Some(Duration::from_secs(200)))));
    assert_eq!(tested.due(261), [], "the provider asked for a pause");
    let third = tested.due(262).remove(0);
    assert!(tested.end(263, &third, busy(None)));
    assert!(tested.0.last.failed);
    let report = tested.1[0].report(ChannelKind::Sms).unwrap();
    assert_eq!(report.summary.unwrap(), "the daily test of the channel `sms` failed: http-503");

    let mut tested = Tested::new(ChannelTest::default());
    let first = tested.due(0).remove(0);
    assert!(tested.end(1, &first, Outcome::permanent("twilio-21211", Blame::Roster)));
}

#[test]
fn a_retry_keeps_its_pause_when_the_clock_jumps_ahead() {
    let mut tested = Tested::new(ChannelTest::default());
    let first = tested.due(0).remove(0);
    assert!(!tested.end(1, &first, Outcome::retry("timeout")));
    tested.0.shift(TimeDelta::hours(1));
    assert_eq!(tested.due(3_660), []);
    assert_eq!(tested.due(3_661).len(), 1);
}

#[test]
fn a_requested_test_is_sent_at_once_and_not_tried_again_and_is_not_the_day_s_own() {
    let mut tested = Tested::new(ChannelTest::default());
    tested.take(-100, ChannelTestInput::Request(1));
    let requested = tested.0.take_due(at(-100)).remove(0);
    assert!(!requested.message.daily);
    assert!(tested.end(-90, &requested, Outcome::retry("timeout")));
    assert_eq!(tested.1[0].report(ChannelKind::Sms), None, "whoever asked is answered");
    assert_eq!(tested.due(0).len(), 1, "it is not the day's own");
    assert!(!tested.end(1, &requested, ACCEPTED), "it has ended before");
}

#[test]
fn a_channel_without_an_address_for_tests_is_not_tested() {
    let mut tested = Tested::new(ChannelTest::default());
    tested.take(-100, ChannelTestInput::Schedule(None));
    tested.take(0, ChannelTestInput::Request(1));
    assert_eq!((tested.due(0), tested.0.next_timeout(Now::agreed(at(0)))), (Vec::new(), None));
}
