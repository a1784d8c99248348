//! The bodies that callers send, as schemas. What the API forgives is not described: senders should send what is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;

use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::id::DepartmentId;
use crate::domain::instant::Rfc3339;
use crate::domain::severity::Severity;

/// One incident. Only `class` is required. Unknown keys become labels, with a warning.
#[derive(JsonSchema)]
#[schemars(rename = "IncidentIn")]
#[expect(dead_code, reason = "declares the schema")]
pub struct IncidentIn {
    /// The label from the classifier; it selects the playbook.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"\S"))]
    class: String,
    /// The source's own id: sending it again changes nothing and gets the same answer.
    #[schemars(length(min = 1, max = 255))]
    event_id: Option<String>,
    /// Reports with the same key fold into the open incident.
    #[schemars(length(min = 1, max = 255))]
    dedup_key: Option<String>,
    /// Raises the playbook's severity, never lowers it.
    severity: Option<Severity>,
    /// The classifier's confidence.
    #[schemars(range(min = 0, max = 1))]
    confidence: Option<f64>,
    /// Protected: what was posted.
    #[schemars(length(max = 10_000))]
    summary: Option<String>,
    /// Protected: where it was posted.
    #[schemars(length(max = 2_048))]
    url: Option<String>,
    /// Protected: who posted it.
    #[schemars(length(max = 320))]
    author: Option<String>,
    #[schemars(length(max = 100))]
    network: Option<String>,
    #[schemars(length(max = 100))]
    facility: Option<String>,
    #[schemars(length(max = 100))]
    language: Option<String>,
    /// How many people it has reached.
    reach: Option<u64>,
    /// Such as `posting-now`; a playbook may promote by them.
    #[schemars(length(max = 32), inner(length(min = 1, max = 64)))]
    flags: Option<Vec<String>>,
    /// Ids, email addresses or full names of people who must not be paged about it.
    #[schemars(length(max = 32), inner(length(min = 1, max = 400)))]
    involved: Option<Vec<String>>,
    #[schemars(with = "Option<Rfc3339>")]
    occurred_at: Option<DateTime<Utc>>,
    /// Protected: anything else.
    labels: Option<BTreeMap<String, String>>,
    /// A drill is handled like a real incident and marked as a drill everywhere.
    drill: Option<bool>,
}

/// What an operator does.
#[derive(JsonSchema)]
#[schemars(rename = "ActionIn", deny_unknown_fields)]
#[expect(dead_code, reason = "declares the schema")]
pub struct ActionIn {
    action: ActionWord,
    /// Left out: every department to which it can apply. Not with `resolve` and `reopen`, nor with a task that there is;
    /// required for `task-add`.
    department: Option<DepartmentId>,
    /// What was done; required for `note`, and for `task-not-needed`, where it says why. Not with `task-add`.
    #[schemars(length(min = 1, max = 4_000))]
    note: Option<String>,
    /// What came of it. With `resolve` alone.
    outcome: Option<ResolvedAs>,
    /// Whom to ask to take over: a person's id, or `department/id`; required for `hand-over`. With `task-add`, the id of
    /// the person whom the task is for.
    #[schemars(length(min = 1, max = 129))]
    to: Option<String>,
    /// The number of a task; required for `task-done`, `task-not-needed`, and `task-reopen`.
    task: Option<u32>,
    /// When the new task is due, counted from now, such as `30m` or `2d`. With `task-add` alone.
    #[schemars(length(min = 2, max = 16))]
    within: Option<String>,
    /// Protected: what is to be done. With `task-add` alone, and required for it.
    #[schemars(length(min = 1, max = 400))]
    r#do: Option<String>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum ActionWord {
    Acknowledge,
    Decline,
    Escalate,
    HandOver,
    HandOverAccept,
    Resolve,
    Reopen,
    TaskDone,
    TaskNotNeeded,
    TaskReopen,
    TaskAdd,
    Note,
}
