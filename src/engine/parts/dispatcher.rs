//! Sends due messages from the send queue through the channels and returns their outcomes.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle as Runtime;
use tokio::sync::mpsc;

use crate::clock::{Clock, SystemClock};
use crate::domain::bundling::Bundling;
use crate::domain::channel_test::TestAttempt;
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, PageId};
use crate::domain::link::LinkToken;
use crate::domain::outcome::Outcome;
use crate::domain::page::MessageText;
use crate::engine::parts::access_queue::AccessQueue;
use crate::engine::parts::internal::{AccessSent, Internal, Sent, Tested};
use crate::engine::parts::send_queue::SendQueue;
use crate::engine::parts::send_queue::message::{Ended, Message};
use crate::engine::protocol::access_mail::AccessMail;
use crate::provider::Providers;
use crate::provider::port::Outgoing;

/// The code of an attempt whose task ended before it did.
const BROKEN_OFF: &str = "attempt-broken-off";

/// The send queue, the secrets of its pages, and the providers.
pub struct Dispatcher {
    providers: Arc<Providers>,
    runtime: Runtime,
    outcomes: mpsc::UnboundedSender<Internal>,
    /// Waiting messages and the number in flight.
    pub queue: SendQueue,
    tokens: HashMap<IncidentId, Vec<(u32, LinkToken)>>,
    /// Messages that hold a slot and wait for a link.
    linkless: Vec<Message>,
    pub access: AccessQueue,
}

impl Dispatcher {
    /// Runs attempts on `runtime` and reports their outcomes through `outcomes`. The send queue limits concurrency.
    pub fn new(providers: Arc<Providers>, runtime: Runtime, outcomes: mpsc::UnboundedSender<Internal>) -> Self {
        let queue = SendQueue::new(providers.at_once());
        Self {
            providers,
            runtime,
            outcomes,
            queue,
            tokens: HashMap::new(),
            linkless: Vec::new(),
            access: AccessQueue::default(),
        }
    }

    /// Remembers the secret of a page that is to be sent.
    pub fn add_token(&mut self, page: PageId, token: LinkToken) {
        let tokens = self.tokens.entry(page.incident).or_default();
        tokens.retain(|(number, _)| *number != page.number);
        tokens.push((page.number, token));
    }

    /// The secret of a page.
    pub fn token(&self, page: PageId) -> Option<&LinkToken> {
        let tokens = self.tokens.get(&page.incident)?;
        tokens.iter().find(|(number, _)| *number == page.number).map(|(_, token)| token)
    }

    /// How many secrets are held.
    pub fn tokens(&self) -> usize {
        self.tokens.values().map(Vec::len).sum()
    }

    /// Drops the secrets of pages that are no longer sent.
    pub fn forget_tokens(&mut self, incident: &Incident) {
        let Some(tokens) = self.tokens.get_mut(&incident.id) else { return };
        tokens.retain(|(number, _)| incident.page(*number).is_some_and(|(_, page)| !page.pending.is_empty()));
        if tokens.is_empty() {
            self.tokens.remove(&incident.id);
            self.tokens.shrink_to(1_024);
        }
    }

    /// Makes a message wait until its first page has a link; it keeps its slot.
    pub fn await_link(&mut self, message: Message) {
        self.linkless.push(message);
    }

    /// The pages that wait for a link, each once.
    pub fn without_link(&self) -> impl Iterator<Item = PageId> {
        let pages: BTreeSet<PageId> =
            self.linkless.iter().filter_map(|message| message.pages.first()).copied().collect();
        pages.into_iter()
    }

    /// Takes the messages that waited for a link.
    pub fn take_linked(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.linkless)
    }

    /// Removes everything not yet started, for shutdown; it is sent after the next start.
    pub fn clear(&mut self, now: DateTime<Utc>, bundling: Bundling) -> Vec<(PageId, ChannelKind)> {
        let mut cleared = self.queue.clear();
        for message in std::mem::take(&mut self.linkless) {
            self.queue.end(&message, Ended::NotSent, now, bundling);
            cleared.extend(message.pages.iter().map(|page| (*page, message.channel)));
        }
        cleared
    }

    /// Starts one attempt. Its outcome comes back as [`Sent`], even if the provider panics.
    pub fn start(&self, message: Message, text: MessageText) {
        let providers = Arc::clone(&self.providers);
        let (channel, to) = (message.channel, message.to.clone());
        let sent = Sent { message, outcome: Outcome::retry(BROKEN_OFF), took: Duration::ZERO };
        let mut end = End { outcomes: self.outcomes.clone(), inside: Some(Internal::Sent(sent)) };
        self.runtime.spawn(async move {
            let started = SystemClock.steady();
            let outcome = providers.send(channel, &to, Outgoing::Pages(&text)).await;
            end.came_back(outcome, SystemClock.steady().saturating_sub(started));
        });
    }

    /// Starts one attempt of a test. Its outcome comes back as [`Tested`]. Tests are not queued.
    pub fn start_test(&self, test: TestAttempt) {
        let providers = Arc::clone(&self.providers);
        let TestAttempt { run, message, to } = test;
        let tested = Tested { run, channel: message.channel, outcome: Outcome::retry(BROKEN_OFF) };
        let mut end = End { outcomes: self.outcomes.clone(), inside: Some(Internal::Tested(tested)) };
        self.runtime.spawn(async move {
            let outcome = providers.send(message.channel, &to, Outgoing::Test(&message)).await;
            end.came_back(outcome, Duration::ZERO);
        });
    }
}

impl Dispatcher {
    /// When a message about signing in may go.
    pub fn access_timeout(&self) -> Option<DateTime<Utc>> {
        self.access.next_timeout(|channel| self.queue.is_free(channel))
    }

    /// Starts as many messages about signing in as the pages leave room for.
    pub fn send_access_mail(&mut self, now: DateTime<Utc>) {
        let queue = &self.queue;
        while let Some(attempt) = self.access.pop(now, |channel| queue.is_free(channel)) {
            let providers = Arc::clone(&self.providers);
            let AccessMail { to, message, .. } = attempt.mail.clone();
            let sent = AccessSent { attempt, outcome: Outcome::retry(BROKEN_OFF) };
            let mut end = End { outcomes: self.outcomes.clone(), inside: Some(Internal::AccessSent(sent)) };
            self.runtime.spawn(async move {
                let outcome = providers.send(message.channel, &to, Outgoing::Access(&message)).await;
                end.came_back(outcome, Duration::ZERO);
            });
        }
    }
}

/// Reports the outcome of an attempt, even after a panic.
struct End {
    outcomes: mpsc::UnboundedSender<Internal>,
    inside: Option<Internal>,
}

impl End {
    fn came_back(&mut self, came: Outcome, after: Duration) {
        match &mut self.inside {
            Some(Internal::Sent(sent)) => (sent.outcome, sent.took) = (came, after),
            Some(Internal::Tested(tested)) => tested.outcome = came,
            Some(Internal::AccessSent(sent)) => sent.outcome = came,
            _ => {}
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(inside) = self.inside.take() {
            // The engine has stopped; the page is sent again after the next start.
            let _ended = self.outcomes.send(inside);
        }
    }
}
