//! Readiness while only the last resort is paged about an incident: a person must find someone who may answer.

use crate::domain::id::IncidentId;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::protocol::readiness::Report;

/// The most incidents that readiness lists.
const NAMED_MAX: usize = 10;

/// The readiness reasons for incidents with only the last resort paged.
pub fn report(open: &OpenIncidents) -> Report {
    let reason = |id: &IncidentId| {
        format!("everyone who could be paged about {id} is named in it: find someone who may answer, and call them")
    };
    Report::not_ready(open.at_last_resort().iter().take(NAMED_MAX).map(reason))
}
