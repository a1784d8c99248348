//! The provider interface: one attempt to send a message, and the service's limits.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use crate::domain::access_message::AccessMessage;
use crate::domain::contact::ChannelKind;
use crate::domain::outcome::Outcome;
use crate::domain::page::{MessageText, gsm7_length};
use crate::domain::test_message::TestMessage;

/// A service that takes messages for one channel.
pub trait Provider: Send + Sync + 'static {
    /// The channel it serves.
    fn channel(&self) -> ChannelKind;

    /// How many attempts may run at once.
    fn at_once(&self) -> usize;

    /// How much text one message may have.
    fn text_limit(&self) -> TextLimit;

    /// One attempt. It ends within the provider's timeout, never panics on what the service answers, and reports no
    /// address, number, token or link.
    ///
    /// Dropping the future abandons the attempt. The service may still have accepted the message.
    fn send<'a>(&'a self, to: &'a str, message: Outgoing<'a>) -> Attempt<'a>;
}

pub type Attempt<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

#[derive(Debug, Clone, Copy)]
pub enum Outgoing<'a> {
    /// One page, or several to one person.
    Pages(&'a MessageText),
    /// A test message.
    Test(&'a TestMessage),
    /// A message about signing in.
    Access(&'a AccessMessage),
}

/// How much text one message may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextLimit {
    /// Septets of the GSM-7 alphabet in the whole text, and no character outside of it.
    Septets(usize),
    /// Bytes in each line as it is sent.
    LineBytes(usize),
}

impl TextLimit {
    /// Whether a text fits.
    pub fn allows(self, text: &str) -> bool {
        match self {
            Self::Septets(most) => gsm7_length(text).is_some_and(|length| length <= most),
            Self::LineBytes(most) => text.lines().all(|line| line.len() <= most),
        }
    }
}

/// Why a provider cannot be set up. Never contains a setting's value.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("{setting} is not {wanted}")]
    Setting { setting: &'static str, wanted: &'static str },
    #[error("TLS for `channel.{channel}` cannot be set up")]
    Tls {
        channel: ChannelKind,
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
