//! A message to somebody who signs in, on its way to the engine.

use std::time::Duration;

use crate::domain::access_message::AccessMessage;
use crate::domain::person_id::PersonId;

#[derive(Debug, Clone)]
pub struct AccessMail {
    /// An address of the message's channel.
    pub to: String,
    pub message: AccessMessage,
    /// Afterward it is of no use.
    pub good_for: Duration,
    /// The person whose record says how it ended, for a test.
    pub tests: Option<PersonId>,
}
