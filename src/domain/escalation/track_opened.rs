//! The event for a department's escalation.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::DepartmentId;
use crate::domain::wait::Wait;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackOpened {
    pub department: DepartmentId,
    pub ladder: Box<str>,
    /// Shown on the page.
    pub acknowledge_within: Wait,
    /// From acknowledgement to the first note.
    pub act_within: Option<Wait>,
    /// The steps' times count from here: the opening, or when a waiting department opens.
    #[serde(with = "crate::domain::instant")]
    pub starts_at: DateTime<Utc>,
    /// The delay before the ladder's first step.
    #[serde(default, skip_serializing_if = "Wait::is_zero")]
    pub first_step_at: Wait,
    /// Set if this department is paged instead of one that is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<DepartmentId>,
}
