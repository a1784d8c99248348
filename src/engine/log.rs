//! What the log tells of the record: one line a fact, ids alone, never a payload or an address.

use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::page::PageReason;
use crate::journal::record::{Fact, Record};

/// Tells one record.
pub fn tell(record: &Record) {
    if let Fact::Incident(id, event) = &record.entry.fact {
        tell_event(*id, event);
    }
}

/// Tells once that an incident is sent more names of involved people than are kept.
pub fn tell_names_not_kept(before: Option<&Incident>, after: &Incident) {
    let is_new = before.is_none_or(|before| before.involved_not_kept == 0);
    if is_new && after.involved_not_kept > 0 {
        tracing::warn!(
            incident = %after.id, source = %after.source, kept = after.involved.len(),
            "the source names more involved people than are kept; only those who are in a roster still count"
        );
    }
}

fn tell_event(id: IncidentId, event: &Event) {
    match event {
        Event::Opened(opened) => tracing::info!(
            incident = %id, source = %opened.source, playbook = opened.playbook, severity = %opened.severity,
            drill = opened.incident.drill, "incident opened"
        ),
        Event::Folded(folded) => tracing::debug!(incident = %id, occurrences = folded.occurrences, "repeat folded in"),
        Event::SeverityRose(rose) => tracing::info!(incident = %id, severity = %rose.severity, "severity rose"),
        Event::Reclassified(new) => tracing::info!(
            incident = %id, playbook = new.playbook, severity = %new.severity, from = new.from_playbook,
            "a repeat of a graver class came in: the incident takes that class's playbook"
        ),
        Event::StepFired(fired) => {
            for passed in &fired.passed_over {
                tracing::info!(
                    incident = %id, department = %fired.department, target = %passed.target,
                    liaison = passed.liaison.as_ref().map(tracing::field::display), because = passed.because.words(),
                    "passed over"
                );
            }
            if fired.reason == PageReason::LastResort {
                tracing::error!(
                    incident = %id, department = %fired.department,
                    "everybody who could be paged is named as involved: only the last resort was paged, with the reference \
                     alone; find somebody who is not involved"
                );
            }
            let reason = fired.reason.words();
            fired.pages.iter().for_each(|paged| tell_page(id, paged, reason));
        }
        Event::Reminded { pages, .. } => pages.iter().for_each(|paged| tell_page(id, paged, "not acted on")),
        Event::HandedOver { by, pages, .. } => {
            tracing::info!(incident = %id, by = by.id(), "handed over");
            pages.iter().for_each(|paged| tell_page(id, paged, PageReason::HandedOver.words()));
        }
        Event::HolderUnreachable { department, by, because, .. } => tracing::warn!(
            incident = %id, department = %department, by = by.id(), because = because.words(),
            "the person who acknowledged cannot be reached: paging the department again"
        ),
        Event::Acknowledged { department, by, .. } => {
            tracing::info!(incident = %id, department = %department, by = by.id(), "acknowledged");
        }
        Event::Declined { department, by, .. } => {
            tracing::info!(incident = %id, department = %department, by = by.id(), "declined");
        }
        Event::CalledBack { department, liaison, .. } => {
            tracing::info!(incident = %id, department = %department, liaison = %liaison, "called back, as involved");
        }
        Event::Escalated { department, by, .. } => {
            tracing::info!(incident = %id, department = %department, by = by.id(), "escalated");
        }
        Event::HeardAgain { .. } => tracing::info!(incident = %id, "the silent source is heard again"),
        Event::ConfigurationFixed { .. } => {
            tracing::info!(incident = %id, "the configuration is fixed: resolve the incident")
        }
        Event::Resolved { by, .. } => tracing::info!(incident = %id, by = by.id(), "resolved"),
        Event::Purged { by } => tracing::warn!(incident = %id, by = by.id(), "purged: its sealed words are destroyed"),
        Event::Noted { by, .. } => tracing::info!(incident = %id, by = by.id(), "noted"),
        Event::Attempted { page, channel, outcome, .. } => tracing::debug!(
            page = %format_args!("{id}-{page}"), channel = %channel, code = outcome.code(), "attempt ended"
        ),
        Event::StepPutOff { .. } | Event::LinkIssued { .. } => {}
    }
}

fn tell_page(id: IncidentId, paged: &Paged, reason: &str) {
    tracing::info!(
        page = %format_args!("{id}-{}", paged.number), liaison = %paged.liaison, roster = %paged.roster,
        role = %paged.role, line = %format_args!("{}:{}", paged.why.place.file, paged.why.place.line), reason, "paged"
    );
}
