//! An incident is handed over, or not.

use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::domain::words::join;
use crate::engine::log::paged;
use crate::engine::log::target::TARGET;

pub fn log(id: IncidentId, event: &Event) {
    match event {
        Event::HandedOver { department, by, pages, .. } => {
            let to: Vec<&str> = pages.iter().map(|paged| paged.liaison.as_str()).collect();
            tracing::info!(
                target: TARGET, incident = %id, department = %department, by = by.id(),
                "{id}: {} handed {department} over to {}", by.id(), join(&to)
            );
        }
        Event::HandOverRequested { department, by, from, pages, .. } => {
            let to: Vec<&str> = pages.iter().map(|paged| paged.liaison.as_str()).collect();
            tracing::info!(
                target: TARGET, incident = %id, department = %department, by = by.id(), from = from.id(),
                "{id}: {} asked {} to take {department} over from {}", by.id(), join(&to), from.id()
            );
        }
        Event::HandOverFailed { department, by, from, because, pages, .. } => {
            let told = if pages.is_empty() { ", and cannot be paged about that" } else { "" };
            tracing::info!(
                target: TARGET, incident = %id, department = %department, by = by.id(), from = from.id(),
                because = because.words(),
                "{id}: {} did not take {department} over ({}): {} still has it{told}",
                by.id(), because.words(), from.id()
            );
        }
        _ => {}
    }
    if let Some((department, reason, pages)) = event.pages() {
        pages.iter().for_each(|one| paged::log(id, department, one, reason));
    }
}
