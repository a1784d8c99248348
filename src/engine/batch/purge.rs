//! Destroys the sealed text of a closed incident. Recorded first, so that the next start completes it after a crash in
//! between.

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::decision::Decision;
use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::principal::Principal;
use crate::engine::batch::changes::Changes;
use crate::engine::batch::pending::PendingBatch;
use crate::engine::protocol::command::Acted;
use crate::engine::protocol::refused::Refused;

impl PendingBatch<'_> {
    pub fn purge(&mut self, id: IncidentId, by: Principal) -> Result<Acted, Refused> {
        let known = self.incident(id).cloned();
        let incident = match known {
            Some(incident) => incident,
            None => self.closed(id)?.ok_or(Refused::UnknownIncident(id))?,
        };
        if incident.resolved.is_none() {
            return Err(Refused::StillOpen);
        }
        if incident.follow_up() > 0 {
            return Err(Refused::StillOwed(incident.follow_up()));
        }
        if let Some(purged) = &incident.purged {
            return Err(Refused::AlreadyPurged { by: purged.by.clone(), at: purged.at });
        }
        let event = Event::Purged { by };
        let mut after = incident;
        after.evolve(self.context.now.logical, &event);
        let acted = Acted { incident: after.clone() };
        let entropy = self.draw();
        self.take(Decision { events: vec![event], after }, &entropy);
        self.changes.purged.push(id);
        Ok(acted)
    }
}

/// Answers that a purge is recorded but its keys could not be destroyed yet.
pub fn not_yet(changes: &mut Changes, reason: &str) {
    tracing::error!(reason, "an incident is recorded as purged, but its keys could not be destroyed yet");
    let Changes { answers, purged, .. } = changes;
    *answers = std::mem::take(answers).into_iter().map(|answer| answer.not_yet(purged, reason)).collect();
}
