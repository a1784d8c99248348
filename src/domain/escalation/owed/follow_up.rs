//! The event for what is owed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::escalation::paged::{Paged, PassedOver};
use crate::domain::id::DepartmentId;
use crate::domain::page::PageReason;

/// What a department owes was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// `None` if nothing was due for any department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    /// `overdue` before the resolution, `owed` after it.
    pub reason: PageReason,
    /// How many tasks it is about.
    pub tasks: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<Paged>,
    /// Who is not paged, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// What was due by then, on the wall clock, is reported.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub overdue_through: Option<DateTime<Utc>>,
    /// When the department is told again.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<DateTime<Utc>>,
    /// When the incident is looked at again.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}
