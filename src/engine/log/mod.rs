//! Logs an incident's life in sentences, one line each.
//!
//! Each sentence begins with the incident's reference and is complete, because journald shows nothing else. Its content
//! is also in fields, for JSON logs. People, sources and departments are named by their ids; nothing that a source
//! sent, no note, address, number or link is here.

pub mod attempt;
mod hand_over;
mod paged;
pub mod target;
mod statements;
mod tasks;

use crate::domain::escalation::event::{Event, Opened, StepFired};
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::id::IncidentId;
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;
use crate::domain::words::join;
use crate::engine::log::attempt::{AfterAttempt, Attempt};
use crate::engine::log::target::TARGET;
use crate::engine::parts::send_durations::SendDurations;
use crate::journal::record::{Fact, Record};

/// Logs what happened to an incident; `incident` is its state after that, where it is still in memory.
pub fn record(record: &Record, incident: Option<&Incident>, durations: &mut SendDurations) {
    match &record.entry.fact {
        Fact::Incident(id, Event::Attempted { page, channel, contact, outcome, retry_at, next_contact, next }) => {
            let (incident_id, page, channel, contact) = (*id, *page, *channel, *contact);
            let retry_in = retry_at.map(|retry_at| retry_at - record.entry.at);
            let next = match next_contact {
                Some(_) => AfterAttempt::NextContact,
                None if next.is_some() => AfterAttempt::NextPerson,
                None => AfterAttempt::Nothing,
            };
            Attempt { incident: incident_id, page, channel, contact, outcome, retry_in, next }.log(incident, durations);
        }
        Fact::Incident(id, event) => log(*id, event),
        _ => {}
    }
}

/// Logs once that an incident is sent more names of involved people than are kept.
pub fn names_not_kept(before: Option<&Incident>, after: &Incident) {
    let is_new = before.is_none_or(|before| before.involved_not_kept == 0);
    if is_new && after.involved_not_kept > 0 {
        tracing::warn!(
            target: TARGET, incident = %after.id, source = %after.source, kept = after.involved.len(),
            "{}: {} names more involved people than are kept ({}); further names count only if they are on a roster",
            after.id, after.source, after.involved.len()
        );
    }
}

fn log(id: IncidentId, event: &Event) {
    match event {
        Event::Opened(opened) => opened_by(id, opened),
        Event::Folded(folded) => tracing::debug!(
            target: TARGET, incident = %id, occurrences = folded.occurrences,
            "{id}: received again, {} times so far", folded.occurrences
        ),
        Event::SeverityRose(rose) => tracing::info!(
            target: TARGET, incident = %id, severity = %rose.severity, "{id}: severity rose to {}", rose.severity
        ),
        Event::Reclassified(new) => tracing::info!(
            target: TARGET, incident = %id, playbook = new.playbook, severity = %new.severity, from = new.from_playbook,
            "{id}: received again under a more severe class: now {} instead of {}, severity {}",
            new.playbook, new.from_playbook, new.severity
        ),
        Event::StepFired(fired) => step_fired(id, fired),
        Event::Reminded { department, pages, .. } => {
            pages.iter().for_each(|one| paged::log(id, department, one, PageReason::NotActedOn));
        }
        Event::HolderUnreachable { department, by, because, .. } => tracing::warn!(
            target: TARGET, incident = %id, department = %department, by = by.id(), because = because.words(),
            "{id}: {}, who acknowledged for {department}, {}: paging {department} again", by.id(), because.words()
        ),
        Event::HandedOver { .. } | Event::HandOverRequested { .. } | Event::HandOverFailed { .. } => {
            hand_over::log(id, event);
        }
        Event::Acknowledged { department, by, taken_from: Some(from), .. } => tracing::info!(
            target: TARGET, incident = %id, department = %department, by = by.id(), from = from.id(),
            "{id}: {} took {department} over from {}", by.id(), from.id()
        ),
        Event::Acknowledged { department, by, .. } => tracing::info!(
            target: TARGET, incident = %id, department = %department, by = by.id(),
            "{id}: acknowledged by {} for {department}", by.id()
        ),
        Event::Declined { department, by, next, .. } => tracing::info!(
            target: TARGET, incident = %id, department = %department, by = by.id(),
            "{id}: declined by {} for {department}{}", by.id(), next_step(next.is_some())
        ),
        Event::Withdrawn { department, liaison, next, .. } => tracing::info!(
            target: TARGET, incident = %id, department = %department, liaison = %liaison,
            "{id}: {liaison} is involved and no longer paged for {department}{}", next_step(next.is_some())
        ),
        Event::Escalated { department, by, .. } => tracing::info!(
            target: TARGET, incident = %id, department = %department, by = by.id(),
            "{id}: escalated by {} for {department}", by.id()
        ),
        Event::HeardAgain { .. } | Event::ConfigurationFixed { .. } => no_longer_so(id, event),
        Event::Resolved { by, outcome, .. } => resolved(id, by, *outcome),
        Event::Reopened(reopened) => tracing::info!(
            target: TARGET, incident = %id, by = reopened.by.id(), "{id}: reopened by {}", reopened.by.id()
        ),
        Event::Purged { by } => tracing::warn!(
            target: TARGET, incident = %id, by = by.id(),
            "{id}: purged by {}: its sealed text was destroyed", by.id()
        ),
        Event::Noted { department, by, .. } => {
            let department = department.as_ref().map(|one| one.as_str());
            let about = department.map(|one| format!(" for {one}")).unwrap_or_default();
            tracing::info!(target: TARGET, incident = %id, department, by = by.id(), "{id}: note by \
                                                                                      {}{about}", by.id());
        }
        Event::FollowedUp(follow_up) => tasks::followed_up(id, follow_up),
        Event::Task(task) => tasks::changed(id, task),
        Event::Statement(statement) => statements::changed(id, statement),
        Event::Attempted { .. } | Event::StepDeferred { .. } | Event::LinkIssued { .. } => {}
    }
}

/// What the incident reports is over.
fn no_longer_so(id: IncidentId, event: &Event) {
    if matches!(event, Event::HeardAgain { .. }) {
        tracing::info!(
            target: TARGET, incident = %id, "{id}: the silent source is sending again; resolve the incident once you \
                                             know the cause"
        );
    } else {
        tracing::info!(target: TARGET, incident = %id, "{id}: the configuration is fixed; resolve the incident");
    }
}

fn resolved(id: IncidentId, by: &Principal, outcome: Option<ResolvedAs>) {
    let (outcome, by) = (outcome.map(ResolvedAs::word), by.id());
    let came_of_it = outcome.map(|outcome| format!(" as {outcome}")).unwrap_or_default();
    tracing::info!(target: TARGET, incident = %id, by, outcome, "{id}: resolved by {by}{came_of_it}");
}

fn opened_by(id: IncidentId, opened: &Opened) {
    let departments: Vec<&str> = opened.tracks.iter().map(|track| track.department.as_str()).collect();
    let Opened { source, playbook, severity, .. } = opened;
    tracing::info!(
        target: TARGET, incident = %id, %source, playbook, severity = %severity, departments = departments.join(" "),
        drill = opened.incident.drill,
        "{id}: {} opened by {source} as {playbook}, severity {severity}, for {}",
        if opened.incident.drill { "drill" } else { "incident" }, join(&departments)
    );
}

fn step_fired(id: IncidentId, fired: &StepFired) {
    let StepFired { department, reason, pages, passed_over, next, .. } = fired;
    for passed in passed_over {
        let liaison = passed.liaison.as_ref().map(|liaison| liaison.as_str());
        let who = liaison.map_or_else(|| passed.target.to_string(), |liaison| format!("{liaison} ({})", passed.target));
        tracing::info!(
            target: TARGET, incident = %id, %department, wanted = %passed.target, liaison, because = passed.because.words(),
            "{id}: did not page {who} for {department}: {}", passed.because.words()
        );
    }
    if *reason == PageReason::LastResort {
        tracing::error!(
            target: TARGET, incident = %id, %department,
            "{id}: everyone who could be paged for {department} is named as involved: only the last resort was paged, \
             with the reference alone; find someone who is not involved"
        );
    }
    pages.iter().for_each(|one| paged::log(id, department, one, *reason));
    if next.is_none() && *reason != PageReason::LastResort {
        tracing::warn!(
            target: TARGET, incident = %id, %department,
            "{id}: no one left to page for {department} unless someone escalates"
        );
    }
}

fn next_step(is_due: bool) -> &'static str {
    if is_due { "; the next person is paged" } else { "" }
}

#[cfg(test)]
mod tests;
