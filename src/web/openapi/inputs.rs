//! The bodies that callers send, as schemas. What the API forgives is not described: senders should send what is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;

use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::escalation::statements::medium::Medium;
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
    /// The number of a statement. Required with `submit`, `withdraw`, `ask-for-changes`, and `used`; with `draft`, for a new
    /// version of it.
    #[schemars(range(min = 1))]
    statement: Option<u32>,
    /// The version that was edited or read. Another one has come first if the answer is 409 `statement-conflict`.
    #[schemars(range(min = 1))]
    version: Option<u32>,
    /// The playbook's statement to begin with. With `draft` alone.
    name: Option<String>,
    /// Protected: the text. With `draft` alone.
    #[schemars(length(max = 10_000))]
    text: Option<String>,
    /// Where a new statement is to be published; default: `reply`. With `draft` alone.
    medium: Option<Medium>,
    /// What the blanks of the playbook's statement are filled with, by name. With `draft` alone.
    blanks: Option<BTreeMap<String, String>>,
    /// Protected: why it is submitted although places of it are marked. With `submit` alone.
    #[schemars(length(max = 2_000))]
    reason: Option<String>,
    /// Protected: where it was published. With `used` alone, and required for it.
    #[schemars(rename = "where", length(min = 1, max = 2_000))]
    place: Option<String>,
    /// When it was published; default: now. With `used` alone.
    #[schemars(with = "Option<Rfc3339>")]
    at: Option<DateTime<Utc>>,
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
    Draft,
    Submit,
    Withdraw,
    AskForChanges,
    Used,
}
