//! What every provider does, whatever its service does.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use wardbell::domain::outcome::Outcome;
use wardbell::provider::failure::Failure;
use wardbell::provider::failure_of;
use wardbell::provider::port::Outgoing;

use crate::PROVIDERS;
use crate::message;
use crate::subject::{Fault, Mock, Subject, TIMEOUT};
use crate::support::{Behaviour, Inbox, Target};

/// A busy machine may notice the end of an attempt so much later.
const SLACK: Duration = Duration::from_secs(8);

/// What the service was given, where it took a message that the provider counts as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Nothing,
    TheMessage,
    /// By how much the service had taken in when the attempt ended.
    Perhaps,
}

/// What an attempt must come to.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// It is tried again.
    Retry,
    /// The same, and it was the time limit that ended it.
    TimedOut,
    /// It is not tried again.
    Permanent,
}

const FAULTS: [(Fault, Wanted, Kept); 8] = [
    (Fault::RefusesForNow, Wanted::Retry, Kept::Nothing),
    (Fault::RefusesForGood, Wanted::Permanent, Kept::Nothing),
    (Fault::Hangs, Wanted::TimedOut, Kept::Nothing),
    (Fault::AnswersByteByByte, Wanted::TimedOut, Kept::Perhaps),
    (Fault::AnswersNonsense, Wanted::Retry, Kept::Nothing),
    (Fault::AnswersWithoutEnd, Wanted::Retry, Kept::Nothing),
    (Fault::BreaksOff, Wanted::Retry, Kept::Nothing),
    (Fault::BreaksOffAfterTaking, Wanted::Retry, Kept::TheMessage),
];

#[tokio::test]
async fn a_good_service_gets_every_message_once_and_whole() {
    for subject in PROVIDERS {
        let mock = (subject.start)().await;
        let (usual, test) = (message::usual(), message::test(mock.provider.channel()));
        let code = message::code(mock.provider.channel());
        for outgoing in [Outgoing::Pages(&usual), Outgoing::Test(&test), Outgoing::Access(&code)] {
            let outcome = mock.provider.send(subject.to, outgoing).await;
            let Outcome::Accepted { provider_id } = &outcome else { panic!("{}: {outcome:?}", subject.name) };
            assert!(provider_id.as_ref().is_none_or(|id| !id.is_empty()), "{}: {outcome:?}", subject.name);
        }
        let taken = mock.shared.inbox().messages_to(subject.to);
        assert_eq!(taken.len(), 3, "{}", subject.name);
        assert!(taken[2].links().is_empty() && taken[2].text().contains(": 482913. Good"), "{}", subject.name);
        assert_eq!(taken[0].links(), [usual.lead.link.reveal()], "{}", subject.name);
        assert!(taken[1].links().is_empty() && taken[1].text().contains("daily test"), "{}", subject.name);
    }
}

#[tokio::test]
async fn whatever_a_service_does_wrong_an_attempt_ends_in_time_and_the_next_one_arrives() {
    let cases = PROVIDERS.iter().flat_map(|subject| FAULTS.map(|fault| (subject, fault)));
    join_all(cases.map(|(subject, (fault, wanted, kept))| meets(subject, fault, wanted, kept))).await;
}

async fn meets(subject: &Subject, fault: Fault, wanted: Wanted, kept: Kept) {
    let (mock, usual) = ((subject.start)().await, message::usual());
    let case = format!("{} {fault:?}", subject.name);
    mock.shared.behave(subject.to, (subject.fault)(fault));
    let began = Instant::now();
    let outcome = mock.provider.send(subject.to, Outgoing::Pages(&usual)).await;
    let took = began.elapsed();
    assert!(took < TIMEOUT + SLACK, "{case}: {took:?}");
    match (wanted, &outcome) {
        (Wanted::Retry, Outcome::Retry { .. }) | (Wanted::Permanent, Outcome::Permanent { .. }) => {}
        (Wanted::TimedOut, Outcome::Retry { code, .. }) if &**code == "timeout" => {
            assert!(took >= TIMEOUT, "{case}: {took:?}");
        }
        _ => panic!("{case}: {outcome:?}"),
    }
    says_nothing_secret(subject, &outcome, usual.lead.link.token.reveal());
    // Others can tell what is wrong with a service that fails for a while.
    let unnamed = failure_of(outcome.code().unwrap()) == Failure::Refused;
    assert_eq!(unnamed, matches!(wanted, Wanted::Permanent), "{case}: {outcome:?}");
    let taken = taken(mock.shared.inbox(), subject);
    assert!(kept == Kept::Perhaps || taken == usize::from(kept == Kept::TheMessage), "{case}: {taken}");

    mock.shared.behave_well();
    let after = mock.provider.send(subject.to, Outgoing::Pages(&usual)).await;
    assert!(matches!(after, Outcome::Accepted { .. }), "after {case}: {after:?}");
}

#[tokio::test]
async fn nobody_there_is_told_at_once_and_tried_again() {
    for subject in PROVIDERS {
        let Mock { provider, shared, server } = (subject.start)().await;
        drop(server);
        let gone = async {
            loop {
                let outcome = provider.send(subject.to, Outgoing::Pages(&message::usual())).await;
                // The mock's port closes soon after it is dropped.
                if outcome.code() == Some("connection-refused") {
                    return outcome;
                }
            }
        };
        let outcome = tokio::time::timeout(SLACK, gone).await.unwrap();
        assert!(matches!(outcome, Outcome::Retry { .. }), "{}: {outcome:?}", subject.name);
        assert_eq!(failure_of("connection-refused"), Failure::Unreachable);
        drop(shared);
    }
}

#[tokio::test]
async fn an_attempt_that_is_given_up_harms_no_other() {
    for subject in PROVIDERS {
        let (mock, usual) = ((subject.start)().await, message::usual());
        mock.shared.behave(subject.to, Behaviour::fail_times(1, Behaviour::Hang));
        let given_up = mock.provider.send(subject.to, Outgoing::Pages(&usual));
        assert!(tokio::time::timeout(TIMEOUT / 4, given_up).await.is_err(), "{}", subject.name);
        let outcome = mock.provider.send(subject.to, Outgoing::Pages(&usual)).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{}: {outcome:?}", subject.name);
        assert_eq!(taken(mock.shared.inbox(), subject), 1, "{}", subject.name);
    }
}

#[tokio::test]
async fn as_many_attempts_as_it_allows_run_at_once() {
    for subject in PROVIDERS {
        let (mock, usual) = ((subject.start)().await, message::usual());
        let each = TIMEOUT / 3;
        mock.shared.behave(Target::Everybody, Behaviour::Slow(each));
        let attempts = (0..mock.provider.at_once()).map(|_| mock.provider.send(subject.to, Outgoing::Pages(&usual)));
        let began = Instant::now();
        let outcomes = join_all(attempts).await;
        let all_accepted = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted { .. }));
        assert!(all_accepted, "{} in {:?}: {outcomes:?}", subject.name, began.elapsed());
        assert_eq!(taken(mock.shared.inbox(), subject), mock.provider.at_once(), "{}", subject.name);
    }
}

#[tokio::test]
async fn the_longest_messages_keep_within_its_limit_and_have_their_link() {
    for subject in PROVIDERS {
        let (mock, longest) = ((subject.start)().await, message::longest());
        let limit = mock.provider.text_limit();
        for text in &longest {
            let outcome = mock.provider.send(subject.to, Outgoing::Pages(text)).await;
            assert!(matches!(outcome, Outcome::Accepted { .. }), "{}: {outcome:?}", subject.name);
        }
        let test = message::test(mock.provider.channel());
        mock.provider.send(subject.to, Outgoing::Test(&test)).await;
        let code = message::code(mock.provider.channel());
        mock.provider.send(subject.to, Outgoing::Access(&code)).await;
        let taken = mock.shared.inbox().messages_to(subject.to);
        assert_eq!(taken.len(), longest.len() + 2, "{}", subject.name);
        for (message, text) in taken.iter().zip(&longest) {
            assert_eq!(message.links(), [text.lead.link.reveal()], "{}: {}", subject.name, message.text());
        }
        for text in taken.iter().flat_map(|message| (subject.texts)(message)) {
            assert!(limit.allows(&text), "{}: {text}", subject.name);
        }
    }
}

#[test]
fn one_provider_serves_each_channel() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut channels: Vec<_> = runtime.block_on(async {
        join_all(PROVIDERS.iter().map(|subject| async { (subject.start)().await.provider.channel() })).await
    });
    channels.sort();
    assert_eq!(channels, wardbell::domain::contact::ChannelKind::ALL);
}

fn taken(inbox: &Inbox, subject: &Subject) -> usize {
    inbox.messages_to(subject.to).len()
}

fn says_nothing_secret(subject: &Subject, outcome: &Outcome, token: &str) {
    let said = format!("{outcome:?}");
    let secret = subject.secrets.iter().copied().chain([subject.to, token]).find(|secret| said.contains(secret));
    assert_eq!(secret, None, "{}: {said}", subject.name);
}
