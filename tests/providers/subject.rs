//! What the cases must know of a provider.

use std::pin::Pin;
use std::time::Duration;

use wardbell::provider::port::Provider;

use crate::support::{Behaviour, Message, Shared};

/// What one attempt may take in these tests.
pub const TIMEOUT: Duration = Duration::from_millis(1_500);

/// A provider under test.
pub struct Subject {
    pub name: &'static str,
    /// A good address.
    pub to: &'static str,
    /// Starts the mock of its service, with the secret that it asks for.
    pub start: fn() -> Pin<Box<dyn Future<Output = Mock> + Send>>,
    /// How the mock is told to fail.
    pub fault: fn(Fault) -> Behaviour,
    /// Every text of a message as the service was given it.
    pub texts: fn(&Message) -> Vec<String>,
    /// What must stand in no outcome: secrets, accounts.
    pub secrets: &'static [&'static str],
}

/// A running mock, and a provider that is set up for it.
pub struct Mock {
    pub provider: Box<dyn Provider>,
    pub shared: Shared,
    /// Ends the mock when it is dropped.
    pub server: Box<dyn Send + Sync>,
}

/// What a service does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It refuses for a reason that passes.
    RefusesForNow,
    /// It refuses, and would refuse again.
    RefusesForGood,
    /// It takes the connection and never answers.
    Hangs,
    /// It answers so slowly that the answer does not end in time.
    AnswersByteByByte,
    /// It answers what nobody can read.
    AnswersNonsense,
    /// Its answer has no end.
    AnswersWithoutEnd,
    /// It closes the connection before it has answered.
    BreaksOff,
    /// It closes the connection in the place of its answer, although it has taken the message.
    BreaksOffAfterTaking,
}
