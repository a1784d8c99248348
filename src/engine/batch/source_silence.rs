//! Sources that are silent for too long or send again.

use crate::domain::escalation::input::Input;
use crate::domain::id::IncidentId;
use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::SOURCE_SILENT;
use crate::engine::batch::pending::PendingBatch;

impl PendingBatch<'_> {
    /// Opens an incident for every source that has been silent for too long.
    pub fn report_silences(&mut self) {
        let silence = self.context.silence;
        for (name, within) in silence.due(self.context.now.logical) {
            let incoming = Incoming {
                class: SOURCE_SILENT.to_owned(),
                dedup_key: Some(name.to_string()),
                summary: Some(format!("the source `{name}` has been silent for {within}")),
                ..Incoming::default()
            };
            let incident = self.raise(incoming);
            self.changes.silent.push((name.clone(), incident));
        }
    }

    /// Notes in the open incident that the source is sending again.
    pub fn note_heard_again(&mut self, incident: IncidentId) {
        if self.incident(incident).is_some_and(|incident| incident.resolved.is_none()) {
            self.decide_internal(incident, Input::HeardAgain);
        }
    }
}
