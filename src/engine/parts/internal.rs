//! What the daemon itself brings, and the answers to what comes from outside.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::id::{IncidentId, PageId};
use crate::domain::outcome::Outcome;
use crate::engine::parts::channel_tests::Tested;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::send_queue::message::Message;

/// What the daemon itself brings.
#[derive(Debug, Clone)]
pub enum Internal {
    /// An attempt ended.
    Sent(Sent),
    /// The same for what is left of its message's pages.
    SentRest(Sent),
    /// A test message's last attempt ended.
    Tested(Tested),
    /// A page that is still to be sent has lost its link with the process before.
    IssueLink(PageId),
    /// The source whose silence an incident tells of has spoken.
    HeardAgain(IncidentId),
    /// Nothing is wrong with the configuration, or nothing any more.
    ConfigurationFixed,
    /// The daemon has started with a broken configuration.
    ConfigurationFault(Arc<ConfigurationFault>),
    /// Something from outside was recorded later than what was done meanwhile.
    RecordedLate(IncidentId),
    /// Steps, reminders or attempts may be due, or a source silent for too long.
    Timeouts,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Sent {
    pub message: Message,
    /// What the provider said.
    pub outcome: Outcome,
    /// From its start to the provider's answer.
    pub took: Duration,
}

/// The end of a message is decided upon for at most this many of its pages in one batch, so that others' steps are on time.
const ENDED_AT_ONCE: usize = 1_000;

impl Sent {
    /// Takes the pages off that one batch has no time for.
    pub fn split_off(&mut self) -> Option<Self> {
        let pages = &mut self.message.pages;
        let rest = (pages.len() > ENDED_AT_ONCE).then(|| pages.split_off(ENDED_AT_ONCE))?;
        let mut left = self.clone();
        left.message.pages = rest;
        Some(left)
    }
}
