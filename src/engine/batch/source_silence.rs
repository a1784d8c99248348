//! Sources that are silent for too long, and those that speak again.

use crate::domain::escalation::input::Input;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::SOURCE_SILENT;
use crate::engine::batch::pending::PendingBatch;

impl PendingBatch<'_> {
    /// Tells the fallback department of every source that has been silent for too long.
    pub fn tell_silences(&mut self) {
        let silence = self.context.silence;
        for (name, within) in silence.due(self.context.now.logical) {
            let incoming = Incoming {
                class: SOURCE_SILENT.to_owned(),
                dedup_key: Some(name.to_string()),
                summary: Some(format!("nothing was heard from the source `{name}` for {within}")),
                ..Incoming::default()
            };
            let incident = self.raise(incoming);
            self.changes.silent.push((name.clone(), incident));
        }
    }

    /// Notes that the source is heard from again, while its incident is open.
    pub fn note_heard_again(&mut self, incident: IncidentId) {
        if self.incident(incident).is_some_and(|incident| incident.resolved.is_none()) {
            self.decide_internal(incident, Input::HeardAgain);
        }
    }
}
