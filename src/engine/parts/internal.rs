//! Internal inputs of the engine.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::id::{IncidentId, PageId};
use crate::domain::outcome::Outcome;
use crate::engine::parts::channel_tests::Tested;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::send_queue::message::Message;

/// An internal input.
#[derive(Debug, Clone)]
pub enum Internal {
    Sent(Sent),
    /// The same for the remaining pages of its message.
    SentRest(Sent),
    /// A test message's last attempt ended.
    Tested(Tested),
    /// A page still to be sent has lost its link in a restart.
    IssueLink(PageId),
    /// The silent source of an incident sent something.
    HeardAgain(IncidentId),
    /// The configuration is valid or fixed.
    ConfigurationFixed,
    /// The daemon has started with a broken configuration.
    ConfigurationFault(Arc<ConfigurationFault>),
    /// A delayed external batch was recorded after later events.
    RecordedLate(IncidentId),
    /// Something may be due: steps, reminders, attempts, or a source's silence.
    Timeouts,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Sent {
    pub message: Message,
    pub outcome: Outcome,
    /// The time from its start to the provider's response.
    pub took: Duration,
}

/// The outcome of a message is decided for at most this many of its pages per batch, so that other steps stay on time.
const ENDED_AT_ONCE: usize = 1_000;

impl Sent {
    /// Splits off the pages that one batch has no time for.
    pub fn split_off(&mut self) -> Option<Self> {
        let pages = &mut self.message.pages;
        let rest = (pages.len() > ENDED_AT_ONCE).then(|| pages.split_off(ENDED_AT_ONCE))?;
        let mut left = self.clone();
        left.message.pages = rest;
        Some(left)
    }
}
