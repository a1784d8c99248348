//! Destroying the words of a closed incident: recorded first, then done, so that a crash in between leaves a purge that the
//! next start completes by the record.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::escalation::decision::Decision;
use crate::domain::escalation::event::{By, Event};
use crate::domain::id::{IncidentId, OperatorName};
use crate::engine::draft::{Changes, Draft};
use crate::engine::request::{Acted, Refused};
use crate::vault::Vault;

impl Draft<'_> {
    /// Decides upon a purge.
    pub(in crate::engine) fn purge(&mut self, id: IncidentId, operator: OperatorName) -> Result<Acted, Refused> {
        let known = self.incident(id).cloned();
        let incident = match known {
            Some(incident) => incident,
            None => self.closed(id)?.ok_or(Refused::UnknownIncident(id))?,
        };
        if incident.resolved.is_none() {
            return Err(Refused::StillOpen);
        }
        if let Some(purged) = &incident.purged {
            return Err(Refused::AlreadyPurged { by: purged.by.clone(), at: purged.at });
        }
        let event = Event::Purged { by: By::Operator { operator } };
        let mut after = incident;
        after.evolve(self.ground.now.logical, &event);
        let acted = Acted { incident: after.clone() };
        let entropy = self.draw();
        self.take(Decision { events: vec![event], after }, &entropy);
        self.changes.purged.push(id);
        Ok(acted)
    }
}

/// A batch is recorded, and the keys of what it purges could not be destroyed yet: whoever asked is answered so.
pub fn not_yet(changes: &mut Changes, reason: &str) {
    tracing::error!(reason, "an incident is recorded as purged, and its keys could not be destroyed yet");
    let Changes { answers, purged, .. } = changes;
    *answers = std::mem::take(answers).into_iter().map(|answer| answer.not_yet(purged, reason)).collect();
}

/// At a start: what the record tells to be purged may have its keys still, as the process ended in between, or old ones came
/// back.
pub fn complete(vault: Option<&Arc<Vault>>, purged: &[IncidentId], at: DateTime<Utc>) {
    let Some(vault) = vault else { return };
    match vault.purge(purged, at) {
        Ok(0) => {}
        Ok(keys) => tracing::warn!(keys, "data keys of incidents that the record tells as purged were destroyed"),
        Err(error) => tracing::error!(%error, "data keys of purged incidents could not be destroyed yet"),
    }
}
