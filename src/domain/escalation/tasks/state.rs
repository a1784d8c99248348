//! The state of tasks: only what has changed since the opening.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::DepartmentId;
use crate::domain::principal::{Principal, RosterEntry};

/// A task that has changed since the opening, or that the current playbook does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangedTask {
    pub number: u32,
    /// `None` for the action of the playbook with this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnTask>,
    /// `None` as long as it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedTask>,
}

/// A task that an incident has apart from its playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnTask {
    pub department: DepartmentId,
    /// The words of an earlier playbook; `None` if somebody added it, because those words are protected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Box<str>>,
    /// Wall clock.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
    /// Who it is for, if it is for one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<RosterEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosedTask {
    pub by: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub status: TaskStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    Open,
    Done,
    NotNeeded,
}
