//! Which channels are failing, judged by the outcomes of pages and test messages.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::outcome::{Blame, Outcome};
use crate::engine::protocol::health::Failing;
use crate::provider::failure::Failure;
use crate::provider::failure_of;

/// After this many failures in a row a channel counts as failing. One alone may be chance.
const IN_A_ROW: u32 = 3;

/// Waiting pages are retried within 75 seconds. This long after the last attempt nothing is waiting, so the channel may
/// work again.
const UNTRIED_AFTER: Duration = Duration::from_secs(300);

/// Channel health since startup.
#[derive(Debug, Default)]
pub struct ChannelHealth {
    channels: BTreeMap<ChannelKind, Attempts>,
}

/// The attempts since the last success.
#[derive(Debug)]
struct Attempts {
    first: Moment,
    last: Moment,
    in_a_row: u32,
    recipients: BTreeSet<Box<str>>,
    /// At least one failure was independent of the recipient.
    concerns_all: bool,
    failure: Failure,
    is_failing: bool,
}

/// When an attempt ended.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub wall: DateTime<Utc>,
    /// The monotonic clock.
    pub steady: Duration,
}

/// A change in a channel's health.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// The channel started failing.
    Began(Failure),
    /// It works again; carries how long it failed.
    Ended(Duration),
}

impl ChannelHealth {
    /// An attempt to reach `to` has ended. What concerns the recipient alone says nothing about the channel.
    pub fn note(&mut self, channel: ChannelKind, to: &str, outcome: &Outcome, at: Moment) -> Option<Change> {
        let code = match outcome {
            Outcome::Accepted { .. } => {
                let attempts = self.channels.remove(&channel).filter(|attempts| attempts.is_failing)?;
                return Some(Change::Ended(at.steady.saturating_sub(attempts.first.steady)));
            }
            // The provider has answered, if only about this recipient.
            Outcome::Permanent { blame: Blame::Recipient | Blame::Roster, .. } => {
                let answers = |attempts: &mut Attempts| attempts.failure != Failure::RecipientBusy;
                let attempts =
                    self.channels.extract_if(.., |one, attempts| *one == channel && answers(attempts)).next();
                let (_, attempts) = attempts.filter(|(_, attempts)| attempts.is_failing)?;
                return Some(Change::Ended(at.steady.saturating_sub(attempts.first.steady)));
            }
            Outcome::Retry { code, .. } | Outcome::Permanent { code, .. } => code,
        };
        let failure = failure_of(code);
        let attempts = self.channels.entry(channel).or_insert_with(|| Attempts::starting(failure, at));
        attempts.add(failure, to, at);
        let begins = !attempts.is_failing && attempts.show_a_failing_channel();
        attempts.is_failing |= begins;
        begins.then_some(Change::Began(failure))
    }

    /// The channels that are failing at a moment of the monotonic clock.
    pub fn failing(&self, steady: Duration) -> BTreeMap<ChannelKind, Failing> {
        let failing = self.channels.iter().filter(|(_, attempts)| attempts.is_failing);
        let told = failing.map(|(channel, attempts)| {
            let Attempts { first, last, failure, .. } = attempts;
            let is_untried = steady.saturating_sub(last.steady) > UNTRIED_AFTER;
            let (since, length) = (first.wall, steady.saturating_sub(first.steady));
            (*channel, Failing { since, length, failure: *failure, untried_since: is_untried.then_some(last.wall) })
        });
        told.collect()
    }
}

impl Attempts {
    fn starting(failure: Failure, at: Moment) -> Self {
        Self {
            first: at,
            last: at,
            in_a_row: 0,
            recipients: BTreeSet::new(),
            concerns_all: false,
            failure,
            is_failing: false,
        }
    }

    fn add(&mut self, failure: Failure, to: &str, at: Moment) {
        self.last = at;
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.failure = failure;
        self.concerns_all |= failure != Failure::RecipientBusy;
        // Two recipients are enough to rule out a problem with one.
        if self.recipients.len() < 2 {
            self.recipients.insert(to.into());
        }
    }

    fn show_a_failing_channel(&self) -> bool {
        let of_all = self.concerns_all || self.recipients.len() > 1;
        self.failure.is_sure() || (self.in_a_row >= IN_A_ROW && of_all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMS: ChannelKind = ChannelKind::Sms;

    fn at(seconds: u64) -> Moment {
        Moment { wall: DateTime::UNIX_EPOCH + Duration::from_secs(seconds), steady: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_channel_fails_at_once_where_nobody_answers_until_something_is_taken() {
        let mut health = ChannelHealth::default();
        let refused = Outcome::retry("connection-refused");
        assert_eq!(health.note(SMS, "a", &refused, at(5)), Some(Change::Began(Failure::Unreachable)));
        assert_eq!(health.note(SMS, "a", &refused, at(6)), None, "it is said once");
        assert_eq!(health.note(SMS, "a", &Outcome::retry("timeout"), at(8)), None);
        let failing = |seconds, untried_since| {
            let (since, length) = (at(5).wall, Duration::from_secs(seconds));
            BTreeMap::from([(SMS, Failing { since, length, failure: Failure::TooSlow, untried_since })])
        };
        assert_eq!(health.failing(at(9).steady), failing(4, None));
        assert_eq!(health.failing(at(308).steady), failing(303, None));
        assert_eq!(health.failing(at(309).steady), failing(304, Some(at(8).wall)), "it may work again by then");
        let taken = Outcome::Accepted { provider_id: None };
        assert_eq!(health.note(ChannelKind::Email, "a", &taken, at(10)), None, "another channel's success");
        assert_eq!(health.note(SMS, "a", &taken, at(12)), Some(Change::Ended(Duration::from_secs(7))));
        assert!(health.failing(at(12).steady).is_empty());
    }

    #[test]
    fn one_attempt_that_takes_too_long_is_chance_and_three_are_not() {
        let mut health = ChannelHealth::default();
        let slow = Outcome::retry("timeout");
        assert_eq!(health.note(SMS, "a", &slow, at(1)), None);
        assert_eq!(health.note(SMS, "a", &Outcome::Accepted { provider_id: None }, at(2)), None);
        for second in [3, 4] {
            assert_eq!(health.note(SMS, "a", &slow, at(second)), None);
        }
        assert_eq!(health.note(SMS, "a", &slow, at(5)), Some(Change::Began(Failure::TooSlow)));
    }

    #[test]
    fn one_recipient_s_trouble_is_not_the_channel_s() {
        let mut health = ChannelHealth::default();
        let wrong = Outcome::permanent("twilio-21211", Blame::Roster);
        let off = Outcome::retry("twilio-30003");
        for second in 0..20 {
            assert_eq!(health.note(SMS, "a", &wrong, at(second)), None);
            assert_eq!(health.note(SMS, "a", &off, at(second)), None);
        }
        assert_eq!(health.note(SMS, "b", &off, at(20)), Some(Change::Began(Failure::RecipientBusy)));
    }
}
