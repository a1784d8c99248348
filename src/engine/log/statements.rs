//! Statements: what people do with them, and who is asked to approve. None of their words.

use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::page::PageReason;
use crate::engine::log::paged;
use crate::engine::log::target::TARGET;

pub fn changed(id: IncidentId, event: &StatementEvent) {
    let StatementEvent { statement, version, change } = event;
    let by = change.by().map(|by| by.id().to_owned()).unwrap_or_default();
    if let StatementChanged::Asked { department, pages, .. } = change {
        pages.iter().for_each(|one| paged::log(id, department, one, PageReason::Approval));
    }
    if let Some(what) = event.sentence(&by, &DepartmentId::to_string) {
        tracing::info!(target: TARGET, incident = %id, statement, version, by, "{id}: {what}");
    }
}
