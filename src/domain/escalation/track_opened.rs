//! What is recorded when the climb of a department begins.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::DepartmentId;
use crate::domain::wait::Wait;

/// A department's climb began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackOpened {
    /// The department.
    pub department: DepartmentId,
    /// The ladder's name.
    pub ladder: Box<str>,
    /// Shown on the page.
    pub acknowledge_within: Wait,
    /// From acknowledgement to a first note.
    pub act_within: Option<Wait>,
    /// The steps' times count from then: the opening, or when a department that is waited for opens.
    #[serde(with = "crate::domain::instant")]
    pub starts_at: DateTime<Utc>,
    /// How long after that the ladder's first step is due.
    #[serde(default, skip_serializing_if = "Wait::is_zero")]
    pub first_step_at: Wait,
    /// Paged in the place of a department that is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<DepartmentId>,
}
