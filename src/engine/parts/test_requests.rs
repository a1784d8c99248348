//! Operators who wait for the results of the tests that they requested.

use std::collections::BTreeSet;

use crate::domain::channel_test::{Schedule, TestRun};
use crate::domain::contact::ChannelKind;
use crate::domain::plan::Plan;
use crate::engine::parts::internal::Tested;
use crate::engine::protocol::channel_test::TestResult;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;

#[derive(Default)]
pub struct TestRequests {
    asked: Vec<Asked>,
    /// The number of requests since startup.
    count: u64,
}

/// A caller waiting for one test of each channel.
struct Asked {
    reply: Reply<Vec<TestResult>>,
    number: u64,
    waits_for: BTreeSet<ChannelKind>,
    results: Vec<TestResult>,
}

impl TestRequests {
    /// Takes a request. Returns its number and the channels to test.
    pub fn ask(&mut self, plan: &Plan, reply: Reply<Vec<TestResult>>) -> (u64, BTreeSet<ChannelKind>) {
        let is_tested = |channel: &ChannelKind| Schedule::of(plan, *channel).is_some();
        let channels: BTreeSet<ChannelKind> = ChannelKind::ALL.into_iter().filter(is_tested).collect();
        self.count += 1;
        if channels.is_empty() {
            // The caller may be gone.
            let _gone = reply.send(Err(Refused::NothingToTest));
        } else {
            let waits_for = channels.clone();
            self.asked.push(Asked { reply, number: self.count, waits_for, results: Vec::new() });
        }
        (self.count, channels)
    }

    /// Takes the result of a test if somebody waits for it.
    pub fn note(&mut self, tested: &Tested) {
        let Tested { channel, run: TestRun::Requested(number), outcome } = tested else { return };
        let mut asked = self.asked.iter_mut().filter(|asked| asked.number == *number);
        if let Some(asked) = asked.find_map(|asked| asked.waits_for.remove(channel).then_some(asked)) {
            asked.results.push(TestResult { channel: *channel, outcome: outcome.clone() });
        }
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
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;
    use crate::domain::bundling::Bundling;
    use crate::domain::contact_index::ContactIndex;
    use crate::domain::outcome::Outcome;
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
            rosters: std::collections::BTreeMap::new(),
            playbooks: Vec::new(),
            fallback: "house".parse().unwrap(),
            channels: vec![ChannelKind::Sms],
            labels: std::collections::BTreeMap::new(),
            policies: std::collections::BTreeMap::new(),
            lists: std::sync::Arc::default(),
            heard_within: std::collections::BTreeMap::new(),
            bundling: Bundling::DEFAULT,
            daily_test: Some(daily_test),
            access: crate::domain::access::Access::default(),
            files: Vec::new(),
            texts: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn whoever_asks_for_a_test_hears_how_it_ended_once_it_is_recorded() {
        let plan = plan_to(&[(ChannelKind::Email, "it@mercy.example"), (ChannelKind::Sms, "+13125550100")]);
        let mut requests = TestRequests::default();
        let (reply, mut answer) = oneshot::channel();
        let (number, channels) = requests.ask(&plan, reply);
        assert_eq!(channels, BTreeSet::from([ChannelKind::Sms]), "mail is not set up");
        requests.answer(None);
        assert!(answer.try_recv().is_err(), "it has not ended");
        let outcome = Outcome::retry("timeout");
        let tested = |run| Tested { channel: ChannelKind::Sms, run, outcome: outcome.clone() };
        requests.note(&tested(TestRun::Daily("2026-11-24".parse().unwrap())));
        requests.answer(None);
        assert!(answer.try_recv().is_err(), "it is not the day's own");
        requests.note(&tested(TestRun::Requested(number)));
        requests.answer(None);
        let result = TestResult { channel: ChannelKind::Sms, outcome: outcome.clone() };
        assert_eq!(answer.try_recv().unwrap(), Ok(vec![result.clone()]));

        let (reply, mut answer) = oneshot::channel();
        let (number, _) = requests.ask(&plan, reply);
        requests.note(&tested(TestRun::Requested(number)));
        requests.answer(Some("the disk is full"));
        let unrecorded = Refused::TestsUnrecorded { tests: vec![result], reason: "the disk is full".into() };
        assert_eq!(answer.try_recv().unwrap(), Err(unrecorded), "it was sent all the same");

        let (reply, mut answer) = oneshot::channel();
        requests.ask(&plan_to(&[]), reply);
        assert_eq!(answer.try_recv().unwrap(), Err(Refused::NothingToTest));
    }
}
