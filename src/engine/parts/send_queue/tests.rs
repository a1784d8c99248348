//! What goes when: one message for all that waits for one person.

use super::*;
use crate::domain::id::IncidentId;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

impl Default for SendQueue {
    fn default() -> Self {
        Self::new(BTreeMap::from([(ChannelKind::Email, 16), (ChannelKind::Sms, 64)]))
    }
}

/// A send queue with a clock of its own.
#[derive(Default)]
struct Sending {
    queue: SendQueue,
    now_ms: i64,
    on_their_way: Vec<Message>,
}

impl Sending {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(self.now_ms)
    }

    fn push(&mut self, dispatch: Dispatch) {
        self.queue.push(dispatch, self.now(), Bundling::DEFAULT);
    }

    /// The numbers of the pages of each message that may go now.
    fn go(&mut self) -> Vec<Vec<u32>> {
        let now = self.now();
        let messages: Vec<Message> = std::iter::from_fn(|| self.queue.pop(now, Bundling::DEFAULT)).collect();
        self.on_their_way.extend(messages.iter().cloned());
        messages.iter().map(|message| message.pages.iter().map(|page| page.number).collect()).collect()
    }

    /// The oldest message to a recipient ends.
    fn end(&mut self, to: &str, ended: Ended) {
        let index = self.on_their_way.iter().position(|message| *message.to == *to).unwrap();
        let message = self.on_their_way.remove(index);
        self.queue.end(&message, ended, self.now(), Bundling::DEFAULT);
    }

    fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
    }

    fn next_ms(&self) -> Option<i64> {
        self.queue.next_timeout().map(|at| at.timestamp_millis() - self.now_ms)
    }
}

fn dispatch(number: u32, to: &str, severity: Severity) -> Dispatch {
    Dispatch {
        page: PageId { incident: IncidentId::from_random(number.into()), number },
        channel: ChannelKind::Sms,
        to: to.into(),
        first_contact: to.into(),
        liaison: "ann".parse().unwrap(),
        drill: false,
        severity,
        is_retry: false,
    }
}

fn high(number: u32, to: &str) -> Dispatch {
    dispatch(number, to, Severity::High)
}

#[test]
fn the_first_goes_at_once_and_what_follows_is_one_message_a_minute() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    assert_eq!(sending.go(), [[1]]);
    sending.end("a", Ended::Accepted);
    for number in 2..500 {
        sending.pass(100);
        sending.push(high(number, "a"));
        assert!(sending.go().is_empty(), "{number}");
    }
    assert_eq!(sending.next_ms(), Some(60_000 - 49_800));
    sending.push(high(500, "b"));
    assert_eq!(sending.go(), [[500]], "others are not delayed");
    sending.pass(10_200);
    assert_eq!(sending.go(), [(2..500).collect::<Vec<u32>>()]);
    sending.end("a", Ended::Accepted);
    assert_eq!((sending.queue.waiting(), sending.next_ms()), (0, None));
    sending.pass(60_000);
    sending.push(high(501, "a"));
    assert_eq!(sending.go(), [[501]]);
}

#[test]
fn pages_that_are_due_together_are_one_message_the_gravest_first() {
    let mut sending = Sending::default();
    for (number, severity) in
        [(1, Severity::Low), (2, Severity::Critical), (3, Severity::High), (4, Severity::Critical), (0, Severity::High)]
    {
        sending.push(dispatch(number, "a", severity));
    }
    assert_eq!(sending.go(), [[2, 4, 0, 3, 1]]);
}

#[test]
fn what_is_critical_goes_within_ten_seconds_and_takes_the_rest_along() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    assert_eq!(sending.go(), [[1]]);
    sending.end("a", Ended::Accepted);
    sending.pass(1_000);
    sending.push(high(2, "a"));
    sending.pass(1_000);
    sending.push(dispatch(3, "a", Severity::Critical));
    assert!(sending.go().is_empty());
    assert_eq!(sending.next_ms(), Some(8_000));
    sending.pass(8_000);
    assert_eq!(sending.go(), [[3, 2]]);
    sending.end("a", Ended::Accepted);
    sending.push(dispatch(4, "a", Severity::Critical));
    sending.pass(9_999);
    assert!(sending.go().is_empty());
    sending.pass(1);
    assert_eq!(sending.go(), [[4]]);
    sending.end("a", Ended::Accepted);
    sending.push(high(5, "a"));
    sending.pass(59_999);
    assert!(sending.go().is_empty());
    sending.pass(1);
    assert_eq!(sending.go(), [[5]]);
}

#[test]
fn drills_and_other_people_at_the_same_number_have_messages_of_their_own() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    sending.push(Dispatch { drill: true, ..high(2, "a") });
    sending.push(Dispatch { liaison: "bob".parse().unwrap(), ..high(3, "a") });
    sending.push(Dispatch { channel: ChannelKind::Email, ..high(4, "a") });
    let mut messages = sending.go();
    messages.sort();
    assert_eq!(messages, [[1], [2], [3], [4]]);
}

#[test]
fn an_address_in_large_and_small_letters_is_one() {
    let mut sending = Sending::default();
    sending.push(Dispatch { channel: ChannelKind::Email, ..high(1, "M.Rivera@mercy.example") });
    sending.push(Dispatch { channel: ChannelKind::Email, ..high(2, "m.rivera@MERCY.example") });
    assert_eq!(sending.go(), [[1, 2]]);
    assert_eq!(*sending.on_their_way[0].to, *"m.rivera@MERCY.example");
}

#[test]
fn a_message_that_failed_holds_up_nothing_and_retries_do_not_wait() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    assert_eq!(sending.go(), [[1]]);
    sending.end("a", Ended::Failed);
    sending.push(high(2, "a"));
    assert!(sending.go().is_empty(), "the provider is left alone for a second");
    sending.pass(1_000);
    sending.push(Dispatch { is_retry: true, ..high(1, "a") });
    assert_eq!(sending.go(), [[1, 2]]);
    sending.end("a", Ended::Accepted);
    sending.push(high(3, "a"));
    sending.pass(1_000);
    assert!(sending.go().is_empty());
    sending.push(Dispatch { is_retry: true, ..high(4, "a") });
    assert_eq!(sending.go(), [[3, 4]]);
}

/// A page that goes to the person's second number because the first has refused it.
fn at_second(number: u32, to: &str) -> Dispatch {
    Dispatch { to: to.into(), is_retry: true, ..high(number, "a") }
}

#[test]
fn a_page_for_the_next_number_waits_for_nothing() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    sending.go();
    sending.end("a", Ended::Failed);
    sending.push(at_second(1, "b"));
    assert_eq!(sending.go(), [[1]], "the pause after a failure concerns the number that failed");
    sending.end("b", Ended::Failed);
    sending.push(at_second(1, "b"));
    assert!(sending.go().is_empty());
    sending.pass(1_000);
    assert_eq!(sending.go(), [[1]]);
    sending.end("b", Ended::Accepted);
    sending.push(at_second(2, "b"));
    assert_eq!(sending.go(), [[2]], "a further number is a retry");
}

#[test]
fn what_one_number_of_a_person_took_counts_for_all_of_them() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    sending.go();
    sending.end("a", Ended::Failed);
    sending.push(at_second(1, "b"));
    sending.go();
    sending.end("b", Ended::Accepted);
    sending.pass(2_000);
    sending.push(high(2, "a"));
    assert!(sending.go().is_empty());
    assert_eq!(sending.next_ms(), Some(58_000));
    sending.push(Dispatch { liaison: "bob".parse().unwrap(), ..high(3, "b") });
    assert_eq!(sending.go(), [[3]], "another person's number is their own");
    sending.pass(58_000);
    assert_eq!(sending.go(), [[2]]);
}

#[test]
fn pages_for_two_numbers_of_a_person_are_two_messages() {
    let mut sending = Sending::default();
    sending.push(Dispatch { is_retry: true, ..high(1, "a") });
    sending.push(at_second(2, "b"));
    sending.push(at_second(3, "b"));
    assert_eq!(sending.go(), [vec![1], vec![2, 3]]);
    let to: Vec<&str> = sending.on_their_way.iter().map(|message| &*message.to).collect();
    assert_eq!(to, ["a", "b"]);
    sending.push(at_second(4, "b"));
    sending.queue.shift(TimeDelta::zero());
    assert_eq!(sending.queue.waiting(), 1);
    assert_eq!(sending.queue.clear().len(), 1);
}

#[test]
fn while_a_provider_fails_the_pause_grows_to_eight_seconds() {
    let mut sending = Sending::default();
    let mut pauses = Vec::new();
    for number in 0..10 {
        sending.push(high(number, "a"));
        let since = sending.now_ms;
        while sending.go().is_empty() {
            sending.pass(sending.next_ms().unwrap());
        }
        pauses.push(sending.now_ms - since);
        sending.end("a", Ended::Failed);
    }
    assert_eq!(pauses, [0, 1_000, 1_000, 1_000, 1_000, 1_000, 2_000, 4_000, 8_000, 8_000]);
}

#[test]
fn messages_that_were_on_their_way_together_fail_together() {
    let mut sending = Sending::default();
    let critical = |number| dispatch(number, "a", Severity::Critical);
    sending.push(critical(1));
    sending.go();
    sending.pass(10_000);
    sending.push(critical(2));
    assert_eq!(sending.go(), [[2]]);
    sending.end("a", Ended::Failed);
    sending.pass(1);
    sending.end("a", Ended::Failed);
    sending.push(critical(3));
    assert_eq!(sending.next_ms(), Some(999));
}

#[test]
fn a_message_that_hangs_is_followed_after_the_bundling_time() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    assert_eq!(sending.go(), [[1]]);
    sending.push(high(2, "a"));
    sending.pass(59_999);
    assert!(sending.go().is_empty());
    sending.pass(1);
    assert_eq!(sending.go(), [[2]]);
    // The first one fails at last, the second one is still on its way.
    sending.end("a", Ended::Failed);
    sending.push(high(3, "a"));
    sending.pass(2_000);
    assert!(sending.go().is_empty());
    sending.end("a", Ended::Accepted);
    sending.pass(57_999);
    assert!(sending.go().is_empty());
    sending.pass(1);
    assert_eq!(sending.go(), [[3]]);
}

#[test]
fn a_message_whose_pages_nobody_needs_any_more_holds_up_nothing() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    assert_eq!(sending.go(), [[1]]);
    sending.end("a", Ended::NotSent);
    sending.push(high(2, "a"));
    assert_eq!(sending.go(), [[2]]);
}

#[test]
fn nine_whose_mail_hangs_delay_nobody() {
    let mut sending = Sending::default();
    let mail = |number, to: &str| Dispatch { channel: ChannelKind::Email, ..high(number, to) };
    let critical = |number, to: &str| Dispatch { severity: Severity::Critical, ..mail(number, to) };
    for _ in 0..4 {
        for hanging in ["a", "b", "c", "d", "e", "f", "g", "h", "i"] {
            sending.push(critical(1, hanging));
            sending.go();
        }
        sending.pass(10_000);
    }
    sending.push(mail(900, "j"));
    assert_eq!(sending.go(), [[900]]);
}

#[test]
fn a_jump_of_the_clock_changes_no_wait() {
    let mut sending = Sending::default();
    sending.push(high(1, "a"));
    sending.go();
    sending.end("a", Ended::Accepted);
    sending.push(high(2, "a"));
    sending.pass(3_600_000);
    sending.queue.shift(TimeDelta::milliseconds(3_600_000));
    assert!(sending.go().is_empty());
    assert_eq!(sending.next_ms(), Some(60_000));
}

#[test]
fn what_was_sent_is_forgotten_and_what_waits_is_given_back() {
    let mut sending = Sending::default();
    for number in 0..100 {
        sending.push(high(number, &number.to_string()));
    }
    let first = sending.go().len();
    assert_eq!(first, 64, "as many as may be on their way at once");
    while let Some(message) = sending.on_their_way.first() {
        let to = message.to.clone();
        sending.end(&to, Ended::Accepted);
        sending.go();
    }
    sending.pass(60_000);
    sending.push(high(1, "a"));
    sending.push(high(2, "a"));
    assert_eq!(sending.queue.clear().len(), 2);
    sending.push(high(3, "b"));
    sending.go();
    sending.end("b", Ended::NotSent);
    assert!(sending.queue.channels.values().all(ChannelQueue::is_empty));
}

#[test]
fn without_bundling_each_batch_is_a_message() {
    let mut queue = SendQueue::default();
    let none = Bundling::new(Wait::ZERO).unwrap();
    let now = DateTime::UNIX_EPOCH;
    for number in 0..3 {
        queue.push(high(number, "a"), now, none);
        let message = queue.pop(now, none).unwrap();
        queue.end(&message, Ended::Accepted, now, none);
    }
    assert!(queue.pop(now, none).is_none());
}
