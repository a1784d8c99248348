//! The mail server and the gateway of a simulation: they note what arrives, and answer when they are told to.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
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
    leaks: Arc<Mutex<Option<String>>>,
}

impl Provider {
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

    /// A rule broken on purpose: every page and every test message shows these words too.
    pub fn leak(&self, words: &str) {
        *self.leaks.lock().unwrap() = Some(words.to_owned());
    }

    fn send(&self, channel: ChannelKind, to: &str, message: &MessageText) -> Attempt<'static> {
        let shown = if channel == ChannelKind::Email {
            let letter = letter::letter(message);
            format!("{}\n{}\n{}", letter.subject, letter.text, letter.html.unwrap_or_default())
        } else {
            text::sms(message)
        };
        let leaked = self.leaks.lock().unwrap().clone().unwrap_or_default();
        let (answer, answered) = oneshot::channel();
        self.arrivals.lock().unwrap().push(Arrival {
            pages: message.pages.clone(),
            channel,
            to: to.to_owned(),
            text: format!("{to} {shown} {leaked}"),
            token: message.lead.link.token.reveal().to_owned(),
            answer,
        });
        Box::pin(async move { answered.await.unwrap_or_else(|_| Outcome::retry("connection-reset")) })
    }

    fn test(&self, to: &str, message: &TestMessage) -> Attempt<'static> {
        let shown = if message.channel == ChannelKind::Email {
            format!("{}\n{}", test_text::subject(message), test_text::letter(message))
        } else {
            test_text::sentence(message)
        };
        let leaked = self.leaks.lock().unwrap().clone().unwrap_or_default();
        let (answer, answered) = oneshot::channel();
        let (to, text) = (to.to_owned(), format!("{shown} {leaked}"));
        self.tests.lock().unwrap().push(TestArrival { message: message.clone(), to, text, answer });
        Box::pin(async move { answered.await.unwrap_or_else(|_| Outcome::retry("connection-reset")) })
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
        }
    }
}
