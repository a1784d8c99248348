//! What came from outside in a batch whose write is late: held until that ends.
//!
//! Meanwhile the loop goes on from the state without it, as nobody knows whether it will be recorded. Where it is, the
//! incidents that it touches take the state that a replay of the record gives: its changes first, then what has happened
//! since, which is recorded after it.

use chrono::TimeDelta;

use crate::domain::id::IncidentId;
use crate::engine::batch::changes::Changes;
use crate::engine::protocol::command::Command;
use crate::journal::record::{Entry, Fact};

/// The outside part of a batch that is being written, with the states that it and all that was kept since lead to.
pub struct Late {
    changes: Changes,
}

impl Late {
    /// What came from outside in the batch that is being written.
    pub fn new(changes: Changes) -> Self {
        Self { changes }
    }

    /// What is carried out now that it is durable.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// What has happened since, which is recorded after it.
    pub fn follow(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Fact::Incident(id, event) = &entry.fact
                && let Some(incident) = self.changes.touched.get_mut(id)
            {
                incident.evolve(entry.at, event);
            }
        }
    }

    /// Moves every deadline by the step that the wall clock made.
    pub fn shift(&mut self, by: TimeDelta) {
        self.changes.touched.values_mut().for_each(|incident| incident.shift(by));
    }

    /// Whether a command asks for something that may be recorded already; `incidents` are those that it may change.
    pub fn may_have_done(&self, command: &Command, incidents: &[IncidentId]) -> bool {
        let same_event = match command {
            Command::Open { source, incoming, .. } => {
                let event_id = incoming.event_id.as_ref();
                event_id.is_some_and(|id| self.changes.receipts.contains_key(&(source.clone(), id.clone())))
            }
            _ => false,
        };
        same_event || incidents.iter().any(|id| self.changes.touched.contains_key(id))
    }
}
