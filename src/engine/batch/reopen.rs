//! Opens a resolved incident again.

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Input};
use crate::domain::escalation::resolution::DedupKey;
use crate::domain::id::IncidentId;
use crate::domain::principal::Principal;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::protocol::command::Acted;
use crate::engine::protocol::refused::Refused;

impl PendingBatch<'_> {
    pub fn reopen(&mut self, id: IncidentId, by: Principal, note: Option<String>) -> Result<Acted, Refused> {
        let unknown = Refused::UnknownIncident(id);
        let incident = match self.incident(id) {
            Some(incident) => incident.clone(),
            None => self.closed(id)?.ok_or(unknown.clone())?,
        };
        // The store may still have what was removed from the record.
        let opening = self.context.store.opening(id).map_err(|_| Refused::Unavailable)?;
        if opening.is_some_and(|opening| opening <= self.context.open.pruned_through) {
            return Err(unknown);
        }
        let playbook = self.playbook(&incident.playbook_hash).ok_or(unknown)?;
        let key = self.key_of(&incident);
        let entropy = self.draw();
        let context =
            Context { plan: self.context.plan, playbook: &playbook, now: self.context.now, entropy: &entropy };
        let decision = incident.decide(&context, Input::Reopen { by, note, key })?;
        let acted = Acted { incident: decision.after.clone() };
        if let Some(key) = &decision.after.dedup_key {
            self.changes.keys.insert((incident.source, key.clone()), id);
        }
        self.take(decision, &entropy);
        Ok(acted)
    }

    /// An incident that was opened since has the key, as long as it is open itself.
    fn key_of(&self, incident: &Incident) -> DedupKey {
        let open = incident.dedup_key.as_deref().and_then(|key| self.open_of_key(&incident.source, key));
        if open.is_some_and(|open| open != incident.id) { DedupKey::Taken } else { DedupKey::Free }
    }
}
