//! Messages about signing in: sent one by one, and only while no page waits for the channel.
//!
//! They are in memory alone. A restart loses the codes that wait, which people ask for again, and the news of an emergency
//! code that nobody has got yet: `wardbell audit access` still shows its use.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::access_message::AccessNews;
use crate::domain::contact::ChannelKind;
use crate::domain::outcome::Outcome;
use crate::engine::protocol::access_mail::AccessMail;

/// More people do not sign in within the time that a code is good for; strangers have limits of their own.
const WAITING_MAX: usize = 1_000;

/// So that a page finds a connection free whenever it comes.
const AT_ONCE: usize = 2;

/// A code that arrives late is of no use, so there are few tries, soon after each other.
const TRIES: u32 = 3;

const PAUSE: TimeDelta = TimeDelta::seconds(5);

/// The longest pause between tries of news, which stays of use for as long as it is good.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);

#[derive(Debug, Default)]
pub struct AccessQueue {
    waiting: VecDeque<AccessAttempt>,
    on_their_way: BTreeMap<ChannelKind, usize>,
}

/// One message with its place in time. In logical time.
#[derive(Debug, Clone)]
pub struct AccessAttempt {
    pub mail: AccessMail,
    tries: u32,
    not_before: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl AccessAttempt {
    /// Whether there is another attempt after one that ended like this.
    pub fn is_tried_again(&self, outcome: &Outcome) -> bool {
        self.pause_after(outcome).is_some()
    }

    /// How long it waits for its next try; `None` if this was the last.
    fn pause_after(&self, outcome: &Outcome) -> Option<TimeDelta> {
        if !matches!(outcome, Outcome::Retry { .. }) {
            return None;
        }
        match self.mail.message.about {
            AccessNews::EmergencyCodeUsed { .. } | AccessNews::EmergencyCodeInYourName { .. } => {
                let doubled = 1 << self.tries.saturating_sub(1).min(10);
                Some((PAUSE * doubled).min(LONGEST_PAUSE))
            }
            AccessNews::Code { .. } | AccessNews::Test { .. } => (self.tries < TRIES).then_some(PAUSE),
        }
    }
}

impl AccessQueue {
    pub fn push(&mut self, mail: AccessMail, now: DateTime<Utc>) {
        if self.waiting.len() < WAITING_MAX {
            let until = now + TimeDelta::from_std(mail.good_for).unwrap_or_default();
            self.waiting.push_back(AccessAttempt { mail, tries: 0, not_before: now, until });
        } else {
            tracing::warn!("too many messages about signing in wait; {} was not sent", mail.message.about.words());
        }
    }

    /// The next message that may go; `is_free` tells whether a channel has no page to send.
    pub fn pop(&mut self, now: DateTime<Utc>, is_free: impl Fn(ChannelKind) -> bool) -> Option<AccessAttempt> {
        self.waiting.retain(|attempt| {
            let is_of_use = attempt.until > now;
            if !is_of_use {
                tracing::warn!("{} could not be sent in time and was given up", attempt.mail.message.about.words());
            }
            is_of_use
        });
        let may_go = |attempt: &AccessAttempt| {
            attempt.not_before <= now && self.has_room(attempt.mail.message.channel, &is_free)
        };
        let at = self.waiting.iter().position(may_go)?;
        let mut attempt = self.waiting.remove(at)?;
        attempt.tries += 1;
        *self.on_their_way.entry(attempt.mail.message.channel).or_default() += 1;
        Some(attempt)
    }

    /// An attempt ended; a temporary failure is tried again.
    pub fn end(&mut self, mut attempt: AccessAttempt, outcome: &Outcome, now: DateTime<Utc>) {
        if let Some(count) = self.on_their_way.get_mut(&attempt.mail.message.channel) {
            *count = count.saturating_sub(1);
        }
        if let Some(pause) = attempt.pause_after(outcome) {
            attempt.not_before = now + pause;
            self.waiting.push_back(attempt);
        }
    }

    /// When a message may go. What waits for pages, or for others of its kind, goes when one of them has ended.
    pub fn next_timeout(&self, is_free: impl Fn(ChannelKind) -> bool) -> Option<DateTime<Utc>> {
        let has_room = |attempt: &&AccessAttempt| self.has_room(attempt.mail.message.channel, &is_free);
        self.waiting.iter().filter(has_room).map(|attempt| attempt.not_before).min()
    }

    fn has_room(&self, channel: ChannelKind, is_free: impl Fn(ChannelKind) -> bool) -> bool {
        self.on_their_way.get(&channel).is_none_or(|count| *count < AT_ONCE) && is_free(channel)
    }

    /// The wall clock jumped ahead: moves all deadlines.
    pub fn shift(&mut self, by: TimeDelta) {
        for attempt in &mut self.waiting {
            attempt.not_before += by;
            attempt.until += by;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::access_message::{AccessMessage, SignInCode};
    use crate::domain::outcome::Blame;

    fn at(seconds: i64) -> DateTime<Utc> {
        "2026-11-24T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
    }

    fn mail(channel: ChannelKind, number: u64) -> AccessMail {
        let about = AccessNews::Code { code: SignInCode::from_random([0; 8]), until: "02:19 CST".into() };
        let hospital = "MERCY".parse().unwrap();
        let message = AccessMessage { hospital, channel, about, written_at: at(0), number };
        AccessMail { to: "somebody".into(), message, good_for: Duration::from_secs(300), tests: None }
    }

    fn number(attempt: Option<AccessAttempt>) -> Option<u64> {
        attempt.map(|attempt| attempt.mail.message.number)
    }

    #[test]
    fn a_code_waits_for_every_page_and_few_go_at_once() {
        let [one, other] = ChannelKind::ALL;
        let mut queue = AccessQueue::default();
        (1..=4).for_each(|number| queue.push(mail(if number == 4 { other } else { one }, number), at(0)));
        assert_eq!(number(queue.pop(at(0), |_| false)), None);
        assert_eq!(queue.next_timeout(|_| false), None, "the end of a page wakes it");
        assert_eq!(queue.next_timeout(|_| true), Some(at(0)), "what is due is not forgotten");
        assert_eq!(number(queue.pop(at(1), |channel| channel == other)), Some(4));
        let first = queue.pop(at(1), |_| true).unwrap();
        assert_eq!((first.mail.message.number, number(queue.pop(at(1), |_| true))), (1, Some(2)));
        assert_eq!(number(queue.pop(at(1), |_| true)), None);
        queue.end(first, &Outcome::Accepted { provider_id: None }, at(2));
        assert_eq!(number(queue.pop(at(2), |_| true)), Some(3));
    }

    #[test]
    fn a_code_is_tried_three_times_and_not_after_it_has_expired() {
        let mut queue = AccessQueue::default();
        queue.push(mail(ChannelKind::ALL[0], 1), at(0));
        for seconds in [0, 5, 10] {
            let attempt = queue.pop(at(seconds), |_| true).unwrap();
            queue.end(attempt, &Outcome::retry("smtp-421"), at(seconds));
            assert_eq!(number(queue.pop(at(seconds + 4), |_| true)), None);
            assert_eq!(queue.next_timeout(|_| true), (seconds < 10).then(|| at(seconds + 5)));
        }
        assert_eq!(number(queue.pop(at(60), |_| true)), None);
        queue.push(mail(ChannelKind::ALL[0], 2), at(60));
        let attempt = queue.pop(at(60), |_| true).unwrap();
        queue.end(attempt, &Outcome::permanent("smtp-550", Blame::Roster), at(60));
        queue.push(mail(ChannelKind::ALL[0], 3), at(60));
        queue.shift(TimeDelta::seconds(100));
        assert_eq!(number(queue.pop(at(460), |_| true)), None);
        queue.push(mail(ChannelKind::ALL[0], 4), at(460));
        assert_eq!(number(queue.pop(at(759), |_| true)), Some(4));
    }

    #[test]
    fn the_news_of_an_emergency_code_is_tried_until_it_is_of_no_use() {
        let mut queue = AccessQueue::default();
        let mut news = mail(ChannelKind::ALL[0], 1);
        news.message.about = AccessNews::EmergencyCodeUsed { number: 7, by: "Ann".into(), at: "02:14 CST".into() };
        news.good_for = Duration::from_secs(3_600);
        queue.push(news, at(0));
        let mut tried = Vec::new();
        for second in 0..3_700 {
            if let Some(attempt) = queue.pop(at(second), |_| true) {
                tried.push(second);
                queue.end(attempt, &Outcome::retry("smtp-421"), at(second));
            }
        }
        assert_eq!(tried[..8], [0, 5, 15, 35, 75, 155, 315, 615]);
        assert_eq!((tried.len(), tried.last()), (17, Some(&3_315)));
    }
}
