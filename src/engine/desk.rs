//! What the engine holds in memory: the open incidents, and the lookups that the store may not have yet.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, LiaisonId, SourceName};
use crate::domain::playbook::Playbook;
use crate::store::query::{LinkTarget, Receipt};

/// The open incidents.
#[derive(Default)]
pub struct Desk {
    incidents: HashMap<IncidentId, Box<Incident>>,
    keys: HashMap<(SourceName, Box<str>), IncidentId>,
    timers: BTreeSet<(DateTime<Utc>, IncidentId)>,
    playbooks: HashMap<Digest, Arc<Playbook>>,
    /// Which incidents have pages to whom: ids are unique within one roster alone.
    paged: HashMap<LiaisonId, BTreeSet<IncidentId>>,
    /// The incidents that nobody but the last resort is paged about.
    last_resort: BTreeSet<IncidentId>,
    /// What is recorded, or about to be, and may not be in the store yet.
    pub recent: Recent,
}

impl Desk {
    /// The incident of that reference, while it is open.
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id).map(Box::as_ref)
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.incidents.len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// The open incident of a source's matter.
    pub fn of_key(&self, source: &SourceName, key: &str) -> Option<IncidentId> {
        self.keys.get(&(source.clone(), key.into())).copied()
    }

    /// Those that somebody of that id was paged about.
    pub fn paged(&self, liaison: &LiaisonId) -> impl Iterator<Item = IncidentId> {
        self.paged.get(liaison).into_iter().flatten().copied()
    }

    /// Those that somebody is paged about as the last resort, and nobody has.
    pub fn at_last_resort(&self) -> &BTreeSet<IncidentId> {
        &self.last_resort
    }

    /// When the first of them wants to be asked.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Those that want to be asked by now.
    pub fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = IncidentId> {
        self.timers.iter().take_while(move |(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// Puts the new state of an incident in the place of the old; one that is settled leaves memory.
    pub fn put(&mut self, mut incident: Incident) {
        self.remove(incident.id);
        if incident.is_settled() {
            return;
        }
        if let Some(key) = incident.dedup_key.as_ref().filter(|_| incident.resolved.is_none()) {
            self.keys.insert((incident.source.clone(), key.clone()), incident.id);
        }
        if let Some(at) = incident.next_timeout() {
            self.timers.insert((at, incident.id));
        }
        if incident.is_at_last_resort() {
            self.last_resort.insert(incident.id);
        }
        for page in incident.tracks.iter().flat_map(|track| &track.pages) {
            self.paged.entry(page.liaison.clone()).or_default().insert(incident.id);
        }
        incident.shrink();
        self.incidents.insert(incident.id, Box::new(incident));
    }

    /// Changes what only the running process knows of an incident, such as what is in flight.
    pub fn touch<T>(&mut self, id: IncidentId, change: impl FnOnce(&mut Incident) -> T) -> Option<T> {
        let mut incident = *self.remove(id)?;
        let result = change(&mut incident);
        self.put(incident);
        Some(result)
    }

    /// Moves every deadline of every incident.
    pub fn shift(&mut self, by: TimeDelta) {
        self.incidents.values_mut().for_each(|incident| incident.shift(by));
        let due = self.incidents.values().filter_map(|incident| Some((incident.next_timeout()?, incident.id)));
        self.timers = due.collect();
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().map(Box::as_ref)
    }

    /// A version of a playbook that the record holds.
    pub fn playbook(&self, hash: &Digest) -> Option<&Arc<Playbook>> {
        self.playbooks.get(hash)
    }

    /// Remembers a version of a playbook.
    pub fn pin(&mut self, hash: Digest, playbook: Arc<Playbook>) {
        self.playbooks.insert(hash, playbook);
    }

    /// Those of some versions of playbooks that incidents on the desk have, each once.
    pub fn used_of(&self, playbooks: &HashSet<Digest>) -> Vec<(Digest, Arc<Playbook>)> {
        let used: BTreeSet<Digest> = self.all().map(|incident| incident.playbook_hash).collect();
        let used = used.into_iter().filter(|hash| playbooks.contains(hash));
        used.filter_map(|hash| Some((hash, Arc::clone(self.playbook(&hash)?)))).collect()
    }

    /// The record does not hold these versions of playbooks any more.
    pub fn unpin(&mut self, playbooks: &HashSet<Digest>) {
        self.playbooks.retain(|hash, _| !playbooks.contains(hash));
    }

    fn remove(&mut self, id: IncidentId) -> Option<Box<Incident>> {
        let incident = self.incidents.remove(&id)?;
        self.last_resort.remove(&id);
        for page in incident.tracks.iter().flat_map(|track| &track.pages) {
            if let Some(paged) = self.paged.get_mut(&page.liaison) {
                paged.remove(&id);
                if paged.is_empty() {
                    self.paged.remove(&page.liaison);
                }
            }
        }
        if let Some(at) = incident.next_timeout() {
            self.timers.remove(&(at, id));
        }
        if let Some(key) = &incident.dedup_key {
            let key = (incident.source.clone(), key.clone());
            // A later incident of the same matter may hold the key by now.
            if self.keys.get(&key) == Some(&id) {
                self.keys.remove(&key);
            }
        }
        Some(incident)
    }
}

/// Lookups that the store may not have yet.
#[derive(Default)]
pub struct Recent {
    links: HashMap<Digest, LinkTarget>,
    receipts: HashMap<(SourceName, String), Receipt>,
    /// With how often each is among what waits for the store: a purge may follow before the store has the resolution.
    closed: HashMap<IncidentId, (u32, Incident)>,
    in_order: VecDeque<(u64, Lookup)>,
}

/// What is looked up by.
enum Lookup {
    Link(Digest),
    Event(SourceName, String),
    Closed(IncidentId),
}

/// Not in the journal yet, so no store can have it.
pub const UNRECORDED: u64 = u64::MAX;

impl Recent {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.in_order.len()
    }

    /// Whether the store has everything.
    pub fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    /// What a link leads to.
    pub fn link(&self, hash: &Digest) -> Option<&LinkTarget> {
        self.links.get(hash)
    }

    /// What a source was answered for an event.
    pub fn receipt(&self, source: &SourceName, event_id: &str) -> Option<&Receipt> {
        self.receipts.get(&(source.clone(), event_id.to_owned()))
    }

    /// An incident that has just left the desk.
    pub fn closed(&self, id: IncidentId) -> Option<&Incident> {
        self.closed.get(&id).map(|(_, incident)| incident)
    }

    /// Remembers an incident that leaves the desk until the store has applied the journal up to `seq`.
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

    /// What was not recorded is recorded now, up to `seq`.
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

    /// The store has one of its states; of the last one, nothing is left to be remembered.
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
    use crate::domain::escalation::event::{By, Event, Opened};
    use crate::domain::incident::Incoming;
    use crate::domain::severity::Severity;

    #[test]
    fn what_was_closed_and_purged_is_remembered_as_purged_until_the_store_has_that() {
        let (id, at) = (IncidentId::from_random(1), DateTime::UNIX_EPOCH);
        let by = By::Operator { operator: "desk".parse().unwrap() };
        let opened = Opened {
            source: SourceName::ours(),
            incident: Incoming::default(),
            class: "alpha".into(),
            playbook: "alpha".into(),
            playbook_hash: Digest::ZERO,
            severity: Severity::High,
            received_at: at,
            tracks: Vec::new(),
        };
        let mut closed = Incident::opened(id, at, &opened);
        closed.evolve(at, &Event::Resolved { by: by.clone(), note: None });
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
