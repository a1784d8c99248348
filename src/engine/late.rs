//! What came from outside in a batch whose write is late: held until that ends.
//!
//! Meanwhile the loop goes on from the state without it, as nobody knows whether it will be recorded. Where it is, the
//! incidents that it touches take the state that a replay of the record gives: its changes first, then what has happened
//! since, which is recorded after it.

use chrono::TimeDelta;

use crate::domain::id::IncidentId;
use crate::engine::draft::Changes;
use crate::engine::link::LinkPress;
use crate::engine::request::{Refused, Request};
use crate::engine::run::Engine;
use crate::journal::record::{Entry, Fact};

/// The outside part of a batch that is being written, with the states that it and all that was kept since lead to.
pub struct Late {
    changes: Changes,
}

impl Late {
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

    /// Whether a request asks for something that may be recorded already.
    fn may_have_done(&self, request: &Request, incidents: &[IncidentId]) -> bool {
        let same_event = match request {
            Request::Open { source, incoming, .. } => {
                let event_id = incoming.event_id.as_ref();
                event_id.is_some_and(|id| self.changes.receipts.contains_key(&(source.clone(), id.clone())))
            }
            _ => false,
        };
        same_event || incidents.iter().any(|id| self.changes.touched.contains_key(id))
    }
}

impl Engine {
    /// Holds what came from outside in a batch that is late. What goes on meanwhile gives its pages other numbers.
    pub(in crate::engine) fn hold(&mut self, changes: Changes) {
        for (id, after) in &changes.touched {
            self.desk.touch(*id, |live| live.pages_made = live.pages_made.max(after.pages_made));
        }
        self.late = Some(Late { changes });
    }

    /// Looks whether the batch that was late has ended. What came from outside in it is carried out, or dropped for good.
    /// Returns the incidents that it changed: what was done for them meanwhile may have to be called back.
    pub(in crate::engine) fn settle_late(&mut self) -> Vec<IncidentId> {
        if !self.recorder.is_late() {
            return Vec::new();
        }
        // First, so that a step of the clock moves what is late, too.
        let now = self.read_clocks();
        let Some(ended) = self.recorder.late_end() else { return Vec::new() };
        let (late, mut changed) = (self.late.take(), Vec::new());
        match ended {
            Ok(recorded) => {
                let mut changes = late.map(|late| late.changes).unwrap_or_default();
                for (id, incident) in &mut changes.touched {
                    self.desk.incident(*id).into_iter().for_each(|live| incident.keep_flights_of(live));
                }
                tracing::warn!(records = recorded.records.len(), "the delayed write was recorded after all");
                changed.clone_from(&changes.order);
                self.commit(now, changes, Some(recorded));
            }
            Err(_) => {
                tracing::warn!("the delayed write failed: requests that were waiting for it were not carried out")
            }
        }
        self.tell_readiness();
        changed
    }

    /// Refuses what cannot be recorded while a batch is late. What that batch may do already is not known yet.
    pub(in crate::engine) fn refuse_while_late(&self, request: Request) {
        let incidents = match &request {
            Request::Act { incident, .. } | Request::Purge { incident, .. } => vec![*incident],
            Request::Press { press, .. } => self.incidents_of(press),
            _ => Vec::new(),
        };
        let is_known = !self.late.as_ref().is_some_and(|late| late.may_have_done(&request, &incidents));
        let reason = self.recorder.failing().unwrap_or_default();
        request.refuse(if is_known { Refused::CannotRecord(reason.to_owned()) } else { Refused::NotKnownYet });
    }

    /// What a press may change.
    fn incidents_of(&self, press: &LinkPress) -> Vec<IncidentId> {
        let link = &press.query.link;
        let recent = self.desk.recent.link(link).cloned();
        let own = recent.or_else(|| self.store.link(link).ok().flatten()).map(|target| target.incident);
        let named = press.pages.iter().chain(&press.query.page).map(|page| page.incident);
        named.chain(own).collect()
    }
}
