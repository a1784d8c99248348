//! The mail server and the gateway of a simulation: they note what arrives, and answer when they are told to.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use wardbell::channel::{letter, test_text, text};
use wardbell::domain::contact::ChannelKind;
use wardbell::domain::id::PageId;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::page::MessageText;
use wardbell::domain::test_message::TestMessage;
use wardbell::engine::courier::Carrier;

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

    /// A rule broken on purpose: every page and every test message shows these words too.
    pub fn leak(&self, words: &str) {
        *self.leaks.lock().unwrap() = Some(words.to_owned());
    }
}

impl Carrier for Provider {
    fn carry<'a>(
        &'a self,
        channel: ChannelKind,
        to: &'a str,
        message: &'a MessageText,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        let shown = match channel {
            ChannelKind::Sms => text::sms(message),
            ChannelKind::Email => {
                let letter = letter::letter(message);
                format!("{}\n{}\n{}", letter.subject, letter.text, letter.html.unwrap_or_default())
            }
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

    fn carry_test<'a>(
        &'a self,
        to: &'a str,
        message: &'a TestMessage,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        let shown = match message.channel {
            ChannelKind::Sms => test_text::sentence(message),
            ChannelKind::Email => format!("{}\n{}", test_text::subject(message), test_text::letter(message)),
        };
        let leaked = self.leaks.lock().unwrap().clone().unwrap_or_default();
        let (answer, answered) = oneshot::channel();
        let (to, text) = (to.to_owned(), format!("{shown} {leaked}"));
        self.tests.lock().unwrap().push(TestArrival { message: message.clone(), to, text, answer });
        Box::pin(async move { answered.await.unwrap_or_else(|_| Outcome::retry("connection-reset")) })
    }
}
