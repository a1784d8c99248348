//! Lookups that the store may not have yet.

use std::collections::{HashMap, VecDeque};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, SourceName};
use crate::store::query::{LinkTarget, Receipt};

/// Lookups that the store may not have yet.
#[derive(Default)]
pub struct Recent {
    links: HashMap<Digest, LinkTarget>,
    receipts: HashMap<(SourceName, String), Receipt>,
    /// Reference-counted, because a purge may follow before the store has the resolution.
    closed: HashMap<IncidentId, (u32, Incident)>,
    in_order: VecDeque<(u64, Lookup)>,
}

/// What is looked up by.
enum Lookup {
    Link(Digest),
    Event(SourceName, String),
    Closed(IncidentId),
}

/// Marks what is not yet in the journal.
pub const UNRECORDED: u64 = u64::MAX;

impl Recent {
    pub fn len(&self) -> usize {
        self.in_order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    pub fn link(&self, hash: &Digest) -> Option<&LinkTarget> {
        self.links.get(hash)
    }

    /// What a source was answered for an event.
    pub fn receipt(&self, source: &SourceName, event_id: &str) -> Option<&Receipt> {
        self.receipts.get(&(source.clone(), event_id.to_owned()))
    }

    /// An incident that was just closed.
    pub fn closed(&self, id: IncidentId) -> Option<&Incident> {
        self.closed.get(&id).map(|(_, incident)| incident)
    }

    /// Remembers a closed incident until the store has applied the journal up to `seq`.
    pub fn add_closed(&mut self, incident: Incident, seq: u64) {
        self.in_order.push_back((seq, Lookup::Closed(incident.id)));
        let times = self.closed.get(&incident.id).map_or(0, |(times, _)| *times);
        self.closed.insert(incident.id, (times + 1, incident));
    }

    /// Remembers a link until the store has applied the journal up to `seq`.
    pub fn add_link(&mut self, hash: Digest, target: LinkTarget, seq: u64) {
        self.links.insert(hash, target);
        self.in_order.push_back((seq, Lookup::Link(hash)));
    }

    /// Remembers an answer until the store has applied the journal up to `seq`.
    pub fn add_receipt(&mut self, source: SourceName, event_id: String, receipt: Receipt, seq: u64) {
        self.receipts.insert((source.clone(), event_id.clone()), receipt);
        self.in_order.push_back((seq, Lookup::Event(source, event_id)));
    }

    /// Marks pending lookups as recorded, up to `seq`.
    pub fn recorded(&mut self, seq: u64) {
        let unrecorded = self.in_order.iter_mut().filter(|(at, _)| *at == UNRECORDED);
        unrecorded.for_each(|(at, _)| *at = seq);
    }

    /// Forgets what the store has.
    pub fn forget(&mut self, applied: u64) {
        while let Some((_, lookup)) = self.in_order.pop_front_if(|(seq, _)| *seq <= applied) {
            match lookup {
                Lookup::Link(hash) => drop(self.links.remove(&hash)),
                Lookup::Closed(id) => self.forget_closed(id),
                Lookup::Event(source, event_id) => drop(self.receipts.remove(&(source, event_id))),
            }
        }
        if self.in_order.is_empty() {
            self.links.shrink_to(1_024);
            self.receipts.shrink_to(1_024);
            self.closed.shrink_to(1_024);
            self.in_order.shrink_to(1_024);
        }
    }

    /// Drops one reference; the last one removes the incident.
    fn forget_closed(&mut self, id: IncidentId) {
        let Some((times, _)) = self.closed.get_mut(&id) else { return };
        *times -= 1;
        if *times == 0 {
            self.closed.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::aggregate::Aggregate;
    use crate::domain::escalation::event::{Event, Opened};
    use crate::domain::incident::Incoming;
    use crate::domain::principal::Principal;
    use crate::domain::severity::Severity;
    use chrono::DateTime;

    #[test]
    fn what_was_closed_and_purged_is_remembered_as_purged_until_the_store_has_that() {
        let (id, at) = (IncidentId::from_random(1), DateTime::UNIX_EPOCH);
        let by = Principal::Operator { operator: "desk".parse().unwrap() };
        let opened = Opened {
            by: by.clone(),
            source: SourceName::wardbell(),
            incident: Incoming::default(),
            class: "alpha".into(),
            playbook: "alpha".into(),
            playbook_hash: Digest::ZERO,
            severity: Severity::High,
            received_at: at,
            tracks: Vec::new(),
            tasks: crate::domain::escalation::tasks::event::TasksOpened::default(),
        };
        let mut closed = Incident::opened(id, at, &opened);
        closed.evolve(at, &Event::Resolved { by: by.clone(), note: None, outcome: None });
        let mut recent = Recent::default();
        recent.add_closed(closed.clone(), 15);
        closed.evolve(at, &Event::Purged { by });
        recent.add_closed(closed, 18);
        recent.forget(17);
        assert!(recent.closed(id).is_some_and(|incident| incident.purged.is_some()));
        recent.forget(18);
        assert!(recent.closed(id).is_none() && recent.is_empty());
    }
}
