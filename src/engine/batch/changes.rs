//! What a batch leads to: entries to record, states after it, and answers that wait until it is durable.

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
use crate::journal::record::Entry;
use crate::store::query::{LinkTarget, Receipt};

/// What a batch leads to.
#[derive(Default)]
pub struct Changes {
    /// To be recorded.
    pub entries: Vec<Entry>,
    /// The states after it.
    pub touched: HashMap<IncidentId, Incident>,
    /// In the order of their first touch.
    pub order: Vec<IncidentId>,
    /// The matters that opened.
    pub keys: HashMap<(SourceName, Box<str>), IncidentId>,
    /// What links lead to.
    pub links: HashMap<Digest, LinkTarget>,
    /// What sources are answered for an event.
    pub receipts: HashMap<(SourceName, String), Receipt>,
    /// The secrets of pages that are to be sent.
    pub tokens: Vec<(PageId, LinkToken)>,
    /// Versions of playbooks that the record does not hold yet.
    pub pinned: HashMap<Digest, Arc<Playbook>>,
    /// The sources whose silence was told of, each with the incident that tells.
    pub silent: Vec<(SourceName, Option<IncidentId>)>,
    /// Whose keys are to be destroyed once that is durable.
    pub purged: Vec<IncidentId>,
    /// To be sent once all is durable.
    pub answers: Vec<Answer>,
}

/// What a batch leads to, in its two parts: the first stands by itself where the second cannot be recorded.
pub struct Decided {
    /// By what the daemon itself brings.
    pub internal: Changes,
    /// By what comes from outside, upon the first.
    pub external: Changes,
}

impl Changes {
    /// These, and others that were decided upon them.
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
        self.silent.extend(later.silent);
        self.purged.extend(later.purged);
        self.answers.extend(later.answers);
        self
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
