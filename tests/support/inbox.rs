//! The inbox: the messages that were kept and the attempts that were made, in order, for readers who may wait.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use wardbell::mock::{Content, Message};

/// How many messages are kept, and how many attempts; the oldest go first. A storm of 500 incidents that pages three
/// people by two channels fits, at some 10 KB a mail.
const MAX_KEPT: usize = 5_000;

/// A handle to one inbox; a clone is another handle to the same one.
#[derive(Debug, Clone)]
pub struct Inbox {
    kept: Arc<Mutex<Kept>>,
    seen: watch::Sender<Seen>,
}

/// How many there ever were, also those that were dropped or cleared since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    pub messages: u64,
    pub attempts: u64,
}

/// What was done to one recipient's message, once for each time that a client tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When the request was whole, before any delay.
    pub at: SystemTime,
    pub channel: Channel,
    /// `None` when a mail was refused before its first recipient was named.
    pub recipient: Option<String>,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    Mail,
    Sms,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept, and answered so (perhaps slowly).
    Accepted,
    /// Not kept: the SMTP reply code, or the error code of the Messages API.
    Refused(u32),
    /// Not kept and never answered.
    LeftHanging,
    /// Not kept, and the connection closed instead of an answer.
    Dropped,
    /// Kept, and the connection closed instead of an answer, or in the middle of it.
    AcceptedThenDropped,
    /// Not kept, and answered in a way that nobody can read.
    Misanswered,
}

/// Nothing of the kind came within the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimedOut {
    pub after: Duration,
    pub seen: Seen,
}

#[derive(Debug, Default)]
struct Kept {
    messages: VecDeque<Arc<Message>>,
    attempts: VecDeque<Attempt>,
    sids: u64,
}

impl Inbox {
    /// All that is kept, oldest first.
    pub fn messages(&self) -> Vec<Arc<Message>> {
        self.lock().messages.iter().cloned().collect()
    }

    /// The kept messages to one e-mail address or phone number, oldest first.
    pub fn messages_to(&self, recipient: &str) -> Vec<Arc<Message>> {
        let mut messages = self.messages();
        messages.retain(|message| message.is_to(recipient));
        messages
    }

    /// The acknowledge links of all kept messages, oldest message first.
    pub fn links(&self) -> Vec<String> {
        self.messages().iter().flat_map(|message| message.links()).collect()
    }

    /// Every try of a client, also those that were refused, oldest first.
    pub fn attempts(&self) -> Vec<Attempt> {
        self.lock().attempts.iter().cloned().collect()
    }

    /// Changes with every message and attempt, after it can be read.
    pub fn subscribe(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }

    /// The oldest message that fits, at once when it is here already.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&Message) -> bool,
        timeout: Duration,
    ) -> Result<Arc<Message>, TimedOut> {
        let find = || self.messages().into_iter().find(|message| predicate(message));
        self.wait_until(find, timeout).await
    }

    /// The oldest attempt that fits, at once when it was made already.
    pub async fn wait_for_attempt(
        &self,
        predicate: impl Fn(&Attempt) -> bool,
        timeout: Duration,
    ) -> Result<Attempt, TimedOut> {
        let find = || self.attempts().into_iter().find(&predicate);
        self.wait_until(find, timeout).await
    }

    /// Asks `find` now and after every change, until it finds: for conditions over many messages.
    pub async fn wait_until<T>(&self, find: impl Fn() -> Option<T>, timeout: Duration) -> Result<T, TimedOut> {
        let mut changes = self.subscribe();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = find() {
                    return found;
                }
                if changes.changed().await.is_err() {
                    unreachable!("the inbox that is waited on holds the sender");
                }
            }
        };
        let found = tokio::time::timeout(timeout, search).await;
        found.map_err(|_| TimedOut { after: timeout, seen: *self.seen.borrow() })
    }

    /// Forgets messages and attempts. Numbers and counts go on.
    pub fn clear(&self) {
        let mut kept = self.lock();
        kept.messages.clear();
        kept.attempts.clear();
    }

    pub(crate) fn new() -> Self {
        Self { kept: Arc::default(), seen: watch::Sender::default() }
    }

    pub(crate) fn keep(&self, received_at: SystemTime, content: Content, outcome: &Outcome) -> u64 {
        let mut kept = self.lock();
        let number = self.seen.borrow().messages + 1;
        let channel = match content {
            Content::Mail(_) => Channel::Mail,
            Content::Sms(_) => Channel::Sms,
        };
        let message = Message { number, received_at, content };
        let attempts = message.recipients().into_iter().map(|recipient| Attempt {
            at: received_at,
            channel,
            recipient: Some(recipient.to_owned()),
            outcome: outcome.clone(),
        });
        let attempts: Vec<Attempt> = attempts.collect();
        push(&mut kept.messages, Arc::new(message));
        self.count(&mut kept, attempts, 1);
        number
    }

    pub(crate) fn record(&self, attempt: Attempt) {
        self.count(&mut self.lock(), vec![attempt], 0);
    }

    pub(crate) fn next_sid(&self) -> String {
        let mut kept = self.lock();
        kept.sids += 1;
        format!("SM{:032x}", kept.sids)
    }

    fn count(&self, kept: &mut Kept, attempts: Vec<Attempt>, messages: u64) {
        self.seen.send_modify(|seen| {
            seen.messages += messages;
            seen.attempts += attempts.len() as u64;
        });
        for attempt in attempts {
            push(&mut kept.attempts, attempt);
        }
    }

    /// A test that panicked while it read must not hide what the next one asks.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == MAX_KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { messages, attempts } = self.seen;
        write!(f, "not seen within {:?} (so far {messages} messages, {attempts} attempts)", self.after)
    }
}

impl std::error::Error for TimedOut {}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use crate::support::inbox::{Inbox, MAX_KEPT, Outcome, Seen};
    use wardbell::mock::{Content, Sms};

    fn keep(inbox: &Inbox, body: &str) {
        let sms = Sms {
            sid: inbox.next_sid(),
            to: "+13125550101".into(),
            from: "+13125550100".into(),
            body: body.into(),
            validity_period: None,
            status_callback: None,
        };
        inbox.keep(UNIX_EPOCH, Content::Sms(sms), &Outcome::Accepted);
    }

    #[tokio::test]
    async fn waiting_sees_what_is_here_and_what_comes() {
        let inbox = Inbox::new();
        keep(&inbox, "first");
        let second = Duration::from_secs(1);
        assert_eq!(inbox.wait_for(|m| m.text() == "first", second).await.unwrap().number, 1);
        let (found, ()) = tokio::join!(inbox.wait_for(|m| m.text() == "late", second), async {
            tokio::task::yield_now().await;
            keep(&inbox, "late");
        });
        assert_eq!(found.unwrap().number, 2);
        let never = inbox.wait_for(|m| m.text() == "never", Duration::from_millis(5)).await;
        let error = never.unwrap_err().to_string();
        assert_eq!(error, "not seen within 5ms (so far 2 messages, 2 attempts)");
    }

    #[test]
    fn the_oldest_are_dropped_and_numbers_go_on() {
        let inbox = Inbox::new();
        for _ in 0..=MAX_KEPT {
            keep(&inbox, "x");
        }
        let messages = inbox.messages();
        assert_eq!((messages.len(), messages[0].number), (MAX_KEPT, 2));
        assert_eq!(inbox.attempts().len(), MAX_KEPT);
        inbox.clear();
        assert!(inbox.messages().is_empty());
        let all = MAX_KEPT as u64 + 1;
        assert_eq!(*inbox.subscribe().borrow(), Seen { messages: all, attempts: all });
    }
}
