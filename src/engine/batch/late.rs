//! The external part of a batch whose write is delayed, held until the write finishes.
//!
//! Meanwhile the engine continues without it, because it may never be recorded. If it is, its incidents take the state
//! that a replay gives: its changes first, then what happened since.

use chrono::TimeDelta;

use crate::domain::aggregate::Aggregate;
use crate::domain::id::IncidentId;
use crate::engine::batch::changes::Changes;
use crate::engine::protocol::command::Command;
use crate::journal::record::{Entry, Fact};

/// The external part of a batch being written, with the states that it and later events lead to.
pub struct Late {
    changes: Changes,
}

impl Late {
    /// What came from outside in the batch that is being written.
    pub fn new(changes: Changes) -> Self {
        Self { changes }
    }

    /// The changes, now durable.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// Applies events that are recorded after it.
    pub fn follow(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Fact::Incident(id, event) = &entry.fact
                && let Some(incident) = self.changes.touched.get_mut(id)
            {
                incident.evolve(entry.at, event);
            }
            self.changes.aggregates.follow(entry.at, &entry.fact);
        }
    }

    /// Moves every deadline by the step that the wall clock made.
    pub fn shift(&mut self, by: TimeDelta) {
        self.changes.touched.values_mut().for_each(|incident| incident.shift(by));
        self.changes.aggregates.shift(by);
    }

    /// Whether the batch may already contain what a command asks for; `incidents` are those the command may change.
    pub fn may_have_done(&self, command: &Command, incidents: &[IncidentId]) -> bool {
        let is_the_same = match command {
            Command::Open { source, incoming, .. } => {
                let event_id = incoming.event_id.as_ref();
                event_id.is_some_and(|id| self.changes.receipts.contains_key(&(source.clone(), id.clone())))
            }
            Command::Session { inputs, .. } => {
                inputs.iter().any(|(person, _)| self.changes.aggregates.people.contains_key(person))
            }
            _ => false,
        };
        is_the_same || incidents.iter().any(|id| self.changes.touched.contains_key(id))
    }
}
