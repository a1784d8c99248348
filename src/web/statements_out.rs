//! The statements of an incident as callers of the API see them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::statements::mark::Mark;
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::escalation::statements::state::{Approval, Stage, Statement};
use crate::domain::id::DepartmentId;
use crate::journal::record::Record;
use crate::web::statement_texts::{Open, used, versions};

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Statement")]
pub struct StatementOut {
    id: u32,
    /// The playbook's statement that it is made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    medium: Medium,
    /// The latest version; everything else is about it.
    version: u32,
    /// Protected: absent for callers who may not see it, and if it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    status: Stage,
    /// It is approved in advance, and may be used at once.
    ready: bool,
    /// Who wrote the version.
    by: String,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    at: DateTime<Utc>,
    /// Places that may say too much.
    marks: Vec<Mark>,
    /// Protected: why it was submitted although it has marks.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    approvals: Vec<ApprovalOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used: Option<UseOut>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Approval")]
struct ApprovalOut {
    department: DepartmentId,
    status: ApprovalStatus,
    /// Who answered, or who is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When they answered, or were asked.
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    at: Option<DateTime<Utc>>,
    /// When the next person is asked.
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    next_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum ApprovalStatus {
    Asked,
    Approved,
    ChangesAsked,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatementUse")]
struct UseOut {
    by: String,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    at: DateTime<Utc>,
    /// Protected: where it was published.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

/// All statements; with their words if `open` is there.
pub fn statements(incident: &Incident, records: &[Record], open: Option<Open<'_>>) -> Vec<StatementOut> {
    incident.all_statements().iter().map(|one| StatementOut::new(one, records, open)).collect()
}

impl StatementOut {
    fn new(one: &Statement, records: &[Record], open: Option<Open<'_>>) -> Self {
        let closed = |_: &_| None;
        let all = versions(records, one.number, open.unwrap_or(&closed));
        let latest = all.into_iter().find(|version| version.number == one.version);
        let used = used(records, one.number, open.unwrap_or(&closed));
        let is_shown = open.is_some();
        let shown = move |text: Result<String, _>| text.ok().filter(|_| is_shown);
        let (text, submitted) = latest.map(|latest| (shown(latest.text), latest.submitted)).unwrap_or_default();
        let (marks, reason) = submitted.map(|one| (one.marks, one.reason.and_then(shown))).unwrap_or_default();
        Self {
            id: one.number,
            name: one.name.as_deref().map(str::to_owned),
            medium: one.medium,
            version: one.version,
            text,
            status: one.stage,
            ready: one.may_be_used() && one.stage == Stage::Draft,
            by: one.author.id().to_owned(),
            at: one.written_at,
            marks,
            reason,
            approvals: one.approvals.iter().map(ApprovalOut::new).collect(),
            used: used.map(|used| UseOut { by: used.by.id().to_owned(), at: used.at, place: shown(used.place) }),
        }
    }
}

impl ApprovalOut {
    fn new(approval: &Approval) -> Self {
        let department = approval.department.clone();
        match &approval.answer {
            Some(answer) => Self {
                department,
                status: if answer.approved { ApprovalStatus::Approved } else { ApprovalStatus::ChangesAsked },
                by: Some(answer.by.id().to_owned()),
                at: Some(answer.at),
                next_at: None,
            },
            None => {
                let asked = approval.asked.last();
                Self {
                    department,
                    status: ApprovalStatus::Asked,
                    by: asked.map(|asked| asked.liaison.to_string()),
                    at: asked.map(|asked| asked.at),
                    next_at: approval.next_at,
                }
            }
        }
    }
}
