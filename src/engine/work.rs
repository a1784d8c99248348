//! What the daemon itself brings, and the answers to what comes from outside.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::id::{IncidentId, PageId};
use crate::domain::outcome::Outcome;
use crate::engine::channel_test::Tested;
use crate::engine::configuration::ConfigurationFault;
use crate::engine::link::Pressed;
use crate::engine::outbox::Message;
use crate::engine::request::{Acted, Refused, Reply};
use crate::store::query::Receipt;

/// What the daemon itself brings.
#[derive(Debug, Clone)]
pub enum Inside {
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

/// An answer that waits until what it tells is durable.
pub enum Answer {
    /// To a source.
    Receipt(Reply<Receipt>, Result<Receipt, Refused>),
    /// To an operator.
    Acted(Reply<Acted>, Result<Box<Acted>, Refused>),
    /// To a liaison.
    Pressed(Reply<Pressed>, Result<Box<Pressed>, Refused>),
}

impl Answer {
    /// Sends it: what it tells is durable.
    pub fn send(self) {
        // Whoever asked may have gone away; what was recorded stands all the same.
        let _gone = match self {
            Self::Receipt(reply, result) => reply.send(result).is_err(),
            Self::Acted(reply, result) => reply.send(result.map(|acted| *acted)).is_err(),
            Self::Pressed(reply, result) => reply.send(result.map(|pressed| *pressed)).is_err(),
        };
    }

    /// Says of a purge that it is recorded and not done yet.
    pub fn not_yet(self, purged: &[IncidentId], reason: &str) -> Self {
        match self {
            Self::Acted(reply, Ok(acted)) if purged.contains(&acted.incident.id) => {
                Self::Acted(reply, Err(Refused::NotYetPurged(reason.to_owned())))
            }
            other => other,
        }
    }

    /// Takes it back: nothing was recorded, nor ever will be.
    pub fn refuse(self, reason: &str) {
        self.replace(Refused::CannotRecord(reason.to_owned()));
    }

    /// How its writing ends is not known yet. Of what was refused, nothing is being written; but why it was refused may be
    /// written just now, and so is not told.
    pub fn leave_open(self, reason: &str) {
        let is_written = match &self {
            Self::Receipt(_, result) => result.is_ok(),
            Self::Acted(_, result) => result.is_ok(),
            Self::Pressed(_, result) => {
                result.as_ref().is_ok_and(|pressed| pressed.results.iter().any(|(_, result)| result.is_ok()))
            }
        };
        if is_written {
            self.replace(Refused::NotKnownYet);
        } else {
            self.refuse(reason);
        }
    }

    fn replace(self, refused: Refused) {
        match self {
            Self::Receipt(reply, _) => Self::Receipt(reply, Err(refused)),
            Self::Acted(reply, _) => Self::Acted(reply, Err(refused)),
            Self::Pressed(reply, _) => Self::Pressed(reply, Err(refused)),
        }
        .send();
    }
}
