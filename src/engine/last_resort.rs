//! Readiness while nobody but the last resort is paged about an incident: it needs a person who finds somebody.

use crate::domain::id::IncidentId;
use crate::engine::readiness::{Part, Report};
use crate::engine::run::Engine;

/// Readiness names so many incidents: whoever reads it needs one to begin with.
const NAMED_AT_MOST: usize = 10;

impl Engine {
    /// Reports the incidents that nobody but the last resort is paged about, until somebody takes them.
    pub(in crate::engine) fn report_last_resort(&self) {
        let reason = |id: &IncidentId| {
            format!(
                "everybody who could be paged about {id} is named in it: find somebody who may answer, and call them"
            )
        };
        let incidents = self.desk.at_last_resort().iter().take(NAMED_AT_MOST);
        self.shared.report(Part::LastResort, Report::not_ready(incidents.map(reason)));
    }
}
