//! Who is paged, and why.

use crate::domain::escalation::event::Paged;
use crate::domain::id::{DepartmentId, IncidentId, PageId};
use crate::domain::page::PageReason;
use crate::domain::words::join;
use crate::engine::log::target::TARGET;
use crate::engine::metrics::labels::reason_word;

/// Logs that a page was made.
pub fn log(incident: IncidentId, department: &DepartmentId, paged: &Paged, reason: PageReason) {
    let Paged { number, liaison, roster, role, why, channels, .. } = paged;
    let page = PageId { incident, number: *number };
    let mut by: Vec<&str> = channels.iter().map(|channel| channel.by.in_words()).collect();
    by.dedup();
    let role_of = if roster == department { role.to_string() } else { format!("{role} of {roster}") };
    let (verb, because) = words(reason);
    tracing::info!(
        target: TARGET, %incident, %page, %department, %liaison, %roster, %role, reason = reason_word(reason),
        line = %format_args!("{}:{}", why.place.file, why.place.line),
        "{incident}: {verb} {liaison} ({role_of}) for {department} by {}{because}", join(&by)
    );
}

/// What is done to the person, and why.
fn words(reason: PageReason) -> (&'static str, &'static str) {
    match reason {
        PageReason::Opened => ("paging", ""),
        PageReason::NotAcknowledged => ("escalating to", ": not acknowledged in time"),
        PageReason::Repeated => ("paging again", ": still not acknowledged"),
        PageReason::Declined => ("escalating to", ": the previous person declined"),
        PageReason::Unreachable => ("escalating to", ": the previous person cannot be reached"),
        PageReason::Involved => ("escalating to", ": the previous person is involved"),
        PageReason::NobodyFound => ("escalating to", ": the previous step found no one"),
        PageReason::Escalated => ("escalating to", ": requested"),
        PageReason::SeverityRose => ("paging", ": severity rose"),
        PageReason::Reopened => ("paging", ": reopened"),
        PageReason::Reclassified => ("paging", ": now a more severe class"),
        PageReason::NotActedOn => ("reminding", ": acknowledged, but no note in time"),
        PageReason::HolderUnreachable => ("escalating to", ": the person who had it cannot be reached"),
        PageReason::LastResort => ("paging", ": everyone else is involved"),
        PageReason::HandedOver => ("paging", ": handed over"),
        PageReason::Overdue => ("paging", ": a task is overdue"),
        PageReason::Owed => ("paging", ": resolved, but a task is still open"),
        PageReason::Approval => ("paging", ": a statement waits for approval"),
        PageReason::NotTakenOver => ("paging", ": it was not taken over"),
    }
}
