//! The mail server and the gateway of a simulation: they note what arrives, and answer when they are told to.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;
use wardbell::channel::text;
use wardbell::domain::id::PageId;
use wardbell::domain::outcome::Outcome;
use wardbell::domain::page::PageText;
use wardbell::domain::roster::ChannelKind;
use wardbell::engine::courier::Carrier;

/// One attempt that has arrived.
pub struct Arrival {
    pub page: PageId,
    pub channel: ChannelKind,
    pub to: String,
    /// Everything that it shows to anybody.
    pub text: String,
    /// The secret part of its link.
    pub token: String,
    pub answer: oneshot::Sender<Outcome>,
}

/// Clones are the same provider.
#[derive(Clone, Default)]
pub struct Provider {
    arrivals: Arc<Mutex<Vec<Arrival>>>,
    leaks: Arc<Mutex<Option<String>>>,
}

impl Provider {
    /// What has arrived since.
    pub fn take(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals.lock().unwrap())
    }

    /// A rule broken on purpose: every page shows these words too.
    pub fn leak(&self, words: &str) {
        *self.leaks.lock().unwrap() = Some(words.to_owned());
    }
}

impl Carrier for Provider {
    fn carry<'a>(
        &'a self,
        channel: ChannelKind,
        to: &'a str,
        page: &'a PageText,
    ) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        let shown = match channel {
            ChannelKind::Sms => text::sms(page),
            ChannelKind::Email => {
                let letter = text::letter(page);
                format!("{}\n{}\n{}", letter.subject, letter.text, letter.html.unwrap_or_default())
            }
        };
        let leaked = self.leaks.lock().unwrap().clone().unwrap_or_default();
        let (answer, answered) = oneshot::channel();
        self.arrivals.lock().unwrap().push(Arrival {
            page: page.page,
            channel,
            to: to.to_owned(),
            text: format!("{to} {shown} {leaked}"),
            token: page.link.token.reveal().to_owned(),
            answer,
        });
        Box::pin(async move { answered.await.unwrap_or_else(|_| Outcome::retry("connection-reset")) })
    }
}
