//! A message about signing in, on its way to the engine.

use std::time::Duration;

use crate::domain::access_message::AccessMessage;

#[derive(Debug, Clone)]
pub struct AccessMail {
    /// An address of the message's channel.
    pub to: String,
    pub message: AccessMessage,
    /// Afterward it is of no use.
    pub good_for: Duration,
}
