//! The open incidents and their indexes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, LiaisonId, SourceName};
use crate::domain::playbook::Playbook;
use crate::engine::parts::recent::Recent;

/// The open incidents.
#[derive(Default)]
pub struct OpenIncidents {
    incidents: HashMap<IncidentId, Box<Incident>>,
    /// How many of them are resolved, and owe something or have an attempt in flight.
    resolved: usize,
    keys: HashMap<(SourceName, Box<str>), IncidentId>,
    timers: BTreeSet<(DateTime<Utc>, IncidentId)>,
    playbooks: HashMap<Digest, Arc<Playbook>>,
    /// Incidents by paged person; ids are unique only within one roster.
    paged: HashMap<LiaisonId, BTreeSet<IncidentId>>,
    /// The incidents with only the last resort paged.
    last_resort: BTreeSet<IncidentId>,
    /// The last record that has been, or is about to be, removed: an incident that was opened before stays closed.
    pub pruned_through: u64,
    /// Recorded or pending lookups that may not be in the store yet.
    pub recent: Recent,
}

impl OpenIncidents {
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.get(&id).map(Box::as_ref)
    }

    pub fn len(&self) -> usize {
        self.incidents.len()
    }

    /// How many are not resolved.
    pub fn unresolved(&self) -> usize {
        self.incidents.len() - self.resolved
    }

    pub fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// The open incident for a source's deduplication key.
    pub fn of_key(&self, source: &SourceName, key: &str) -> Option<IncidentId> {
        self.keys.get(&(source.clone(), key.into())).copied()
    }

    /// The incidents that a person was paged about.
    pub fn paged(&self, liaison: &LiaisonId) -> impl Iterator<Item = IncidentId> {
        self.paged.get(liaison).into_iter().flatten().copied()
    }

    /// The unacknowledged incidents with a last-resort page.
    pub fn at_last_resort(&self) -> &BTreeSet<IncidentId> {
        &self.last_resort
    }

    /// The earliest timeout.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The incidents whose timeout has passed.
    pub fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = IncidentId> {
        self.timers.iter().take_while(move |(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// Replaces an incident's state; a settled incident is removed from memory.
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
        for (_, page) in incident.pages() {
            self.paged.entry(page.liaison.clone()).or_default().insert(incident.id);
        }
        incident.shrink();
        self.resolved += usize::from(incident.resolved.is_some());
        self.incidents.insert(incident.id, Box::new(incident));
    }

    /// Changes an incident's unrecorded state, such as attempts in flight.
    pub fn touch<T>(&mut self, id: IncidentId, change: impl FnOnce(&mut Incident) -> T) -> Option<T> {
        let mut incident = *self.remove(id)?;
        let result = change(&mut incident);
        self.put(incident);
        Some(result)
    }

    /// Shifts all deadlines of all incidents.
    pub fn shift(&mut self, by: TimeDelta) {
        self.incidents.values_mut().for_each(|incident| incident.shift(by));
        let due = self.incidents.values().filter_map(|incident| Some((incident.next_timeout()?, incident.id)));
        self.timers = due.collect();
    }

    pub fn all(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().map(Box::as_ref)
    }

    /// A recorded playbook version.
    pub fn playbook(&self, hash: &Digest) -> Option<&Arc<Playbook>> {
        self.playbooks.get(hash)
    }

    pub fn pin(&mut self, hash: Digest, playbook: Arc<Playbook>) {
        self.playbooks.insert(hash, playbook);
    }

    /// The given playbook versions that are in use by incidents in memory.
    pub fn used_of(&self, playbooks: &HashSet<Digest>) -> Vec<(Digest, Arc<Playbook>)> {
        let used: BTreeSet<Digest> = self.all().map(|incident| incident.playbook_hash).collect();
        let used = used.into_iter().filter(|hash| playbooks.contains(hash));
        used.filter_map(|hash| Some((hash, Arc::clone(self.playbook(&hash)?)))).collect()
    }

    /// Forgets playbook versions that the journal no longer holds.
    pub fn unpin(&mut self, playbooks: &HashSet<Digest>) {
        self.playbooks.retain(|hash, _| !playbooks.contains(hash));
    }

    fn remove(&mut self, id: IncidentId) -> Option<Box<Incident>> {
        let incident = self.incidents.remove(&id)?;
        self.resolved -= usize::from(incident.resolved.is_some());
        self.last_resort.remove(&id);
        for (_, page) in incident.pages() {
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
            // A later incident may have the key by now.
            if self.keys.get(&key) == Some(&id) {
                self.keys.remove(&key);
            }
        }
        Some(incident)
    }
}
