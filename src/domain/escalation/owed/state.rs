//! The state of what is owed. It is in a box that only an incident has which needs it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::escalation::open_page::OpenPage;
use crate::domain::escalation::tasks::state::ChangedTask;
use crate::domain::id::DepartmentId;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Owed {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<OwedPage>,
    /// Tasks that have changed since the opening, or that the current playbook does not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<ChangedTask>,
    /// How far each department has been told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// When nothing was owed anymore after the resolution.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
}

/// How far a department has been told what it owes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub department: DepartmentId,
    /// What was due by then, on the wall clock, was reported to the person who has the department's track.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub overdue_through: Option<DateTime<Utc>>,
    /// When the department is told again: before the resolution its primary, after it the owner.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<DateTime<Utc>>,
}

/// A page that belongs to no track: its reason says what it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwedPage {
    /// The department that owes it; it may have no track.
    pub department: DepartmentId,
    /// Until when an answer is asked for, if one is.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub answer_by: Option<DateTime<Utc>>,
    pub page: OpenPage,
}
