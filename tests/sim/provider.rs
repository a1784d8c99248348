//! The mail server and the gateway of a simulation: they note what arrives, and answer when they are told to.

use std::sync::{Arc, Mutex};

use crate::hospital::PUBLIC_URL;
use crate::mutation::Mutation;
use tokio::sync::{RwLock, oneshot};
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::id::PageId;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::page::MessageText;
use wardbell::domain::test_message::TestMessage;
use wardbell::provider::port::{self, Attempt, Outgoing, TextLimit};
use wardbell::provider::{Providers, letter, smtp, test_text, text, twilio};

/// One attempt that has arrived.
pub struct Arrival {
    /// At least one; the link is the first one's.
    pub pages: Vec<PageId>,
    pub channel: ChannelKind,
    pub to: String,
    /// Everything that it shows to anybody.
    pub text: String,
    /// The secret part of its link.
    pub token: String,
    pub answer: oneshot::Sender<Outcome>,
}

/// One attempt with a test message that has arrived.
pub struct TestArrival {
    pub message: TestMessage,
    pub to: String,
    /// Everything that it shows.
    pub text: String,
    pub answer: oneshot::Sender<Outcome>,
}

/// Clones are the same provider.
#[derive(Clone, Default)]
pub struct Provider {
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    tests: Arc<Mutex<Vec<TestArrival>>>,
    /// A rule broken on purpose.
    mutation: Option<Mutation>,
    /// The answers of attempts that nobody sees arrive: a rule broken on purpose.
    hoard: Arc<Mutex<Vec<oneshot::Sender<Outcome>>>>,
    /// Tests that are under way, where pages wait for them: a rule broken on purpose.
    running_tests: Arc<RwLock<()>>,
}

impl Provider {
    pub fn new(mutation: Option<Mutation>) -> Self {
        Self { mutation, ..Self::default() }
    }

    /// What has arrived since.
    pub fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals.lock().unwrap())
    }

    /// The test messages that have arrived since.
    pub fn take_tests(&self) -> Vec<TestArrival> {
        std::mem::take(&mut self.tests.lock().unwrap())
    }

    /// It as the provider of each channel.
    pub fn for_all_channels(&self) -> Providers {
        let of = |channel| Box::new(OfChannel { all: self.clone(), channel }) as Box<dyn port::Provider>;
        ChannelKind::ALL.into_iter().map(of).collect()
    }

    /// These arrive later: a rule broken on purpose.
    pub fn put_back(&self, arrivals: Vec<Arrival>) {
        self.arrivals.lock().unwrap().extend(arrivals);
    }

    fn breaks(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    fn leaked(&self) -> &'static str {
        match self.mutation {
            Some(Mutation::LeakLink) => PUBLIC_URL,
            Some(Mutation::LeakPayload) => "summary-secret-0",
            _ => "",
        }
    }

    fn arrive(&self, channel: ChannelKind, to: &str, message: &MessageText) -> oneshot::Receiver<Outcome> {
        let shown = if channel == ChannelKind::Email {
            let letter = letter::letter(message);
            format!("{}\n{}\n{}", letter.subject, letter.text, letter.html.unwrap_or_default())
        } else {
            text::sms(message)
        };
        let (answer, answered) = oneshot::channel();
        if self.breaks(Mutation::Hoard) {
            self.hoard.lock().unwrap().push(answer);
            return answered;
        }
        let astray = if self.breaks(Mutation::Misdirect) { "x" } else { "" };
        let arrival = |answer| Arrival {
            pages: message.pages.clone(),
            channel,
            to: format!("{to}{astray}"),
            text: format!("{to} {shown} {}", self.leaked()),
            token: message.lead.link.token.reveal().to_owned(),
            answer,
        };
        let mut arrivals = self.arrivals.lock().unwrap();
        arrivals.push(arrival(answer));
        if self.breaks(Mutation::SendTwice) {
            arrivals.push(arrival(oneshot::channel().0));
        }
        answered
    }

    fn arrive_test(&self, to: &str, message: &TestMessage) -> oneshot::Receiver<Outcome> {
        let shown = if message.channel == ChannelKind::Email {
            format!("{}\n{}", test_text::subject(message), test_text::letter(message))
        } else {
            test_text::sentence(message)
        };
        let (answer, answered) = oneshot::channel();
        let text = format!("{shown} {}", self.leaked());
        let arrival = TestArrival { message: message.clone(), to: to.to_owned(), text, answer };
        self.tests.lock().unwrap().push(arrival);
        answered
    }

    fn send<'a>(&'a self, channel: ChannelKind, to: &'a str, message: &'a MessageText) -> Attempt<'a> {
        Box::pin(async move {
            if self.breaks(Mutation::WaitForTests) {
                drop(self.running_tests.write().await);
            }
            self.arrive(channel, to, message).await.unwrap_or_else(|_| Outcome::retry("connection-reset"))
        })
    }

    fn test<'a>(&'a self, to: &'a str, message: &'a TestMessage) -> Attempt<'a> {
        Box::pin(async move {
            let _running = self.running_tests.read().await;
            self.arrive_test(to, message).await.unwrap_or_else(|_| Outcome::retry("connection-reset"))
        })
    }
}

/// The provider as one channel's.
struct OfChannel {
    all: Provider,
    channel: ChannelKind,
}

impl port::Provider for OfChannel {
    fn channel(&self) -> ChannelKind {
        self.channel
    }

    fn at_once(&self) -> usize {
        if self.channel == ChannelKind::Email { smtp::AT_ONCE } else { twilio::AT_ONCE }
    }

    fn text_limit(&self) -> TextLimit {
        TextLimit::LineBytes(usize::MAX)
    }

    fn send<'a>(&'a self, to: &'a str, message: Outgoing<'a>) -> Attempt<'a> {
        match message {
            Outgoing::Pages(message) => self.all.send(self.channel, to, message),
            Outgoing::Test(message) => self.all.test(to, message),
            Outgoing::Access(message) => panic!("nobody signs in here: {message:?}"),
        }
    }
}
