//! The result of a batch: entries to record, new states, and answers to send once it is durable.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, PageId, SourceName};
use crate::domain::link::LinkToken;
use crate::domain::playbook::Playbook;
use crate::engine::protocol::command::Acted;
use crate::engine::protocol::link::Pressed;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::journal::aggregates::Aggregates;
use crate::journal::record::Entry;
use crate::store::query::{LinkTarget, Receipt};

#[derive(Default)]
pub struct Changes {
    pub entries: Vec<Entry>,
    pub touched: HashMap<IncidentId, Incident>,
    /// In the order of their first touch.
    pub order: Vec<IncidentId>,
    pub keys: HashMap<(SourceName, Box<str>), IncidentId>,
    pub links: HashMap<Digest, LinkTarget>,
    /// What sources are answered for an event.
    pub receipts: HashMap<(SourceName, String), Receipt>,
    /// The secrets of pages that are to be sent.
    pub tokens: Vec<(PageId, LinkToken)>,
    /// Versions of playbooks that the record does not hold yet.
    pub pinned: HashMap<Digest, Arc<Playbook>>,
    /// The new states of aggregates other than incidents.
    pub aggregates: Aggregates,
    /// The incidents whose keys are destroyed once this is durable.
    pub purged: Vec<IncidentId>,
    /// To be sent once all is durable.
    pub answers: Vec<Answer>,
}

/// The result of a batch in two parts: the first is kept even if the second cannot be recorded.
pub struct Decided {
    pub internal: Changes,
    /// Decided after the internal part, from the state that it led to.
    pub external: Changes,
}

impl Changes {
    /// These changes, followed by others that were decided after them.
    #[must_use]
    pub fn followed_by(mut self, later: Self) -> Self {
        self.entries.extend(later.entries);
        self.order.extend(later.order.into_iter().filter(|id| !self.touched.contains_key(id)));
        self.touched.extend(later.touched);
        self.keys.extend(later.keys);
        self.links.extend(later.links);
        self.receipts.extend(later.receipts);
        self.tokens.extend(later.tokens);
        self.pinned.extend(later.pinned);
        self.aggregates.put_all(later.aggregates);
        self.purged.extend(later.purged);
        self.answers.extend(later.answers);
        self
    }
}

/// An answer to send once its events are durable.
pub enum Answer {
    Receipt(Reply<Receipt>, Result<Receipt, Refused>),
    Acted(Reply<Acted>, Result<Box<Acted>, Refused>),
    Pressed(Reply<Pressed>, Result<Box<Pressed>, Refused>),
    Session(Reply<usize>, Result<usize, Refused>),
}

impl Answer {
    /// Sends the answer; its events are durable.
    pub fn send(self) {
        // The caller may be gone; what was recorded stays recorded.
        let _gone = match self {
            Self::Receipt(reply, result) => reply.send(result).is_err(),
            Self::Acted(reply, result) => reply.send(result.map(|acted| *acted)).is_err(),
            Self::Pressed(reply, result) => reply.send(result.map(|pressed| *pressed)).is_err(),
            Self::Session(reply, result) => reply.send(result).is_err(),
        };
    }

    /// Turns the answer to a purge into "recorded, not done yet".
    pub fn not_yet(self, purged: &[IncidentId], reason: &str) -> Self {
        match self {
            Self::Acted(reply, Ok(acted)) if purged.contains(&acted.incident.id) => {
                Self::Acted(reply, Err(Refused::NotYetPurged(reason.to_owned())))
            }
            other => other,
        }
    }

    /// Refuses: nothing was recorded or will be.
    pub fn refuse(self, reason: &str) {
        self.replace(Refused::CannotRecord(reason.to_owned()));
    }

    /// Answers "not known yet". A refusal's reason may depend on unwritten events, so it is replaced, too.
    pub fn leave_open(self, reason: &str) {
        let is_written = match &self {
            Self::Receipt(_, result) => result.is_ok(),
            Self::Acted(_, result) => result.is_ok(),
            Self::Session(_, result) => result.is_ok(),
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
            Self::Session(reply, _) => Self::Session(reply, Err(refused)),
        }
        .send();
    }
}
