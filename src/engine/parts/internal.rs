//! Internal inputs of the engine.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::channel_test::{ChannelTestInput, TestRun};
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::input::Input;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::outcome::Outcome;
use crate::domain::person_id::PersonId;
use crate::domain::session::SessionInput;
use crate::domain::source_watch::SourceWatchInput;
use crate::engine::parts::access_queue::AccessAttempt;
use crate::engine::parts::configuration_fault::ConfigurationFault;
use crate::engine::parts::send_queue::message::Message;

/// An internal input.
#[derive(Debug)]
pub enum Internal {
    Sent(Sent),
    /// The same for the remaining pages of its message.
    SentRest(Sent),
    /// An attempt of a test message ended.
    Tested(Tested),
    /// An attempt of a message about signing in ended.
    AccessSent(AccessSent),
    /// An input for one aggregate.
    To(Addressed),
    /// The configuration is valid or fixed.
    ConfigurationFixed,
    /// The daemon has started with a broken configuration.
    ConfigurationFault(Arc<ConfigurationFault>),
    /// Something may be due, for any aggregate.
    Timeouts,
}

/// An input for one aggregate, by its kind and id.
#[derive(Debug)]
pub enum Addressed {
    Incident(IncidentId, Input),
    SourceWatch(SourceName, SourceWatchInput),
    ChannelTest(ChannelKind, ChannelTestInput),
    Person(PersonId, SessionInput),
}

/// How an attempt of a message about signing in ended.
#[derive(Debug, Clone)]
pub struct AccessSent {
    pub attempt: AccessAttempt,
    pub outcome: Outcome,
}

/// How an attempt of a test message ended.
#[derive(Debug, Clone)]
pub struct Tested {
    pub channel: ChannelKind,
    pub run: TestRun,
    pub outcome: Outcome,
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
