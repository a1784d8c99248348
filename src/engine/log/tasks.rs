//! What is owed: who is paged about it, and what people do.

use crate::domain::escalation::owed::follow_up::FollowUp;
use crate::domain::escalation::tasks::event::{TaskChanged, TaskEvent};
use crate::domain::id::IncidentId;
use crate::engine::log::paged;
use crate::engine::log::target::TARGET;

pub fn followed_up(id: IncidentId, follow_up: &FollowUp) {
    let Some(department) = &follow_up.department else { return };
    follow_up.pages.iter().for_each(|one| paged::log(id, department, one, follow_up.reason));
}

pub fn changed(id: IncidentId, event: &TaskEvent) {
    let TaskEvent { task, department, by, change, .. } = event;
    let what = match change {
        TaskChanged::Done { .. } => "done",
        TaskChanged::NotNeeded { .. } => "not needed",
        TaskChanged::Reopened { .. } => "reopened",
        TaskChanged::Added { .. } => "added",
    };
    tracing::info!(
        target: TARGET, incident = %id, %department, task, by = by.id(),
        "{id}: task {task} of {department} {what}: {}", by.id()
    );
}
