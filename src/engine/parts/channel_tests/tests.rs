//! Daily tests of the channels, step by step.

use tokio::sync::oneshot;

use super::*;
use crate::domain::bundling::Bundling;
use crate::domain::contact_index::ContactIndex;
use crate::domain::outcome::Blame;
use crate::domain::test_message::DailyTest;
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
        heard_within: BTreeMap::new(),
        bundling: Bundling::DEFAULT,
        daily_test: Some(daily_test),
        files: Vec::new(),
        texts: BTreeMap::new(),
    }
}

fn both() -> Plan {
    plan_to(&[(ChannelKind::Email, "it@mercy.example"), (ChannelKind::Sms, "+13125550100")])
}

/// So many seconds after the test's time on 24 November.
fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-24T14:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

fn ended(ready: &Ready, outcome: Outcome) -> Tested {
    let day = ready.message.daily.then_some(ready.message.day);
    Tested { number: ready.number, channel: ready.message.channel, day, outcome }
}

const TAKEN: Outcome = Outcome::Accepted { provider_id: None };

#[test]
fn a_day_s_test_is_sent_once_also_over_a_restart() {
    let (plan, mut tests) = (both(), ChannelTests::default());
    assert_eq!(tests.pause(&plan, at(-90), at(-90)), Some(Duration::from_secs(90)));
    assert_eq!(tests.pause(&plan, at(-9_000), at(-9_000)), Some(LOOK_AGAIN), "the clock may be set meanwhile");
    assert!(tests.take_ready(&plan, at(-1), at(-1)).is_empty());
    assert_eq!(tests.pause(&plan, at(0), at(0)), Some(Duration::ZERO));
    let ready = tests.take_ready(&plan, at(0), at(0));
    let channels: Vec<_> = ready.iter().map(|test| (test.message.channel, test.message.daily)).collect();
    assert_eq!(channels, [(ChannelKind::Sms, true)], "mail is not set up");
    assert!(tests.take_ready(&plan, at(1), at(1)).is_empty(), "it is on its way");
    assert!(tests.end(&ended(&ready[0], TAKEN), at(2), at(2)));
    assert!(tests.take_ready(&plan, at(3), at(3)).is_empty());
    let mut restarted = ChannelTests::new(tests.last(&plan));
    assert!(restarted.take_ready(&plan, at(4), at(4)).is_empty(), "the record knows it");
    assert_eq!(restarted.last(&plan)[&ChannelKind::Sms].taken_at, Some(at(2)));
    assert_eq!(restarted.take_ready(&plan, at(86_400), at(86_400)).len(), 1, "the next day has its own");
}

#[test]
fn a_daily_test_that_fails_is_tried_twice_more_and_a_refusal_ends_it_at_once() {
    let (plan, mut tests) = (both(), ChannelTests::default());
    let busy = |after| Outcome::Retry { code: "http-503".into(), after, at_most: None };
    let first = tests.take_ready(&plan, at(0), at(0)).remove(0);
    assert!(!tests.end(&ended(&first, busy(None)), at(1), at(1)));
    assert_eq!(tests.pause(&plan, at(1), at(1)), Some(Duration::from_secs(60)));
    assert!(tests.take_ready(&plan, at(60), at(60)).is_empty());
    let second = tests.take_ready(&plan, at(61), at(61)).remove(0);
    assert_eq!((second.number, &second.message), (first.number, &first.message), "one message, the same over all");
    assert!(!tests.end(&ended(&second, busy(Some(Duration::from_secs(200)))), at(62), at(62)));
    assert!(tests.take_ready(&plan, at(261), at(261)).is_empty(), "the provider asked for a pause");
    let third = tests.take_ready(&plan, at(262), at(262)).remove(0);
    assert!(tests.end(&ended(&third, busy(None)), at(263), at(263)));
    assert!(tests.last(&plan)[&ChannelKind::Sms].failed);

    let mut tests = ChannelTests::default();
    let first = tests.take_ready(&plan, at(0), at(0)).remove(0);
    assert!(tests.end(&ended(&first, Outcome::permanent("twilio-21211", Blame::Roster)), at(1), at(1)));
}

#[test]
fn whoever_asks_for_a_test_hears_how_it_ended_once_it_is_recorded() {
    let (plan, mut tests) = (both(), ChannelTests::default());
    let (reply, mut answer) = oneshot::channel();
    tests.ask(&plan, at(-100), at(-100), reply);
    let ready = tests.take_ready(&plan, at(-100), at(-100)).remove(0);
    assert!(!ready.message.daily);
    tests.answer(None);
    assert!(answer.try_recv().is_err(), "it has not ended");
    assert!(tests.end(&ended(&ready, Outcome::retry("timeout")), at(-90), at(-90)), "it is not tried again");
    tests.answer(None);
    let result = TestResult { channel: ChannelKind::Sms, outcome: Outcome::retry("timeout") };
    assert_eq!(answer.try_recv().unwrap(), Ok(vec![result]));
    assert_eq!(tests.take_ready(&plan, at(0), at(0)).len(), 1, "it is not the day's own");

    let (reply, mut answer) = oneshot::channel();
    tests.ask(&plan, at(1), at(1), reply);
    let ready = tests.take_ready(&plan, at(1), at(1)).remove(0);
    assert!(tests.end(&ended(&ready, TAKEN), at(2), at(2)));
    tests.answer(Some("the disk is full"));
    let unrecorded = Refused::TestsUnrecorded {
        tests: vec![TestResult { channel: ChannelKind::Sms, outcome: TAKEN }],
        reason: "the disk is full".into(),
    };
    assert_eq!(answer.try_recv().unwrap(), Err(unrecorded), "it was sent all the same");

    let (reply, mut answer) = oneshot::channel();
    tests.ask(&plan_to(&[]), at(0), at(0), reply);
    assert_eq!(answer.try_recv().unwrap(), Err(Refused::NothingToTest));
}
