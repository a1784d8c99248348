//! Readiness while nobody but the last resort is paged about an incident: it needs a person who finds somebody.

use crate::domain::id::IncidentId;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::protocol::readiness::Report;

/// Readiness names at most this many incidents: whoever reads it needs one to begin with.
const NAMED_MAX: usize = 10;

/// What readiness says of the incidents that nobody but the last resort is paged about, until somebody takes them.
pub fn report(open: &OpenIncidents) -> Report {
    let reason = |id: &IncidentId| {
        format!("everybody who could be paged about {id} is named in it: find somebody who may answer, and call them")
    };
    Report::not_ready(open.at_last_resort().iter().take(NAMED_MAX).map(reason))
}
