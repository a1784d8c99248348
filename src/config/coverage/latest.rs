//! The longest wait before someone else is paged.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::DepartmentId;
use crate::domain::zone::Zone;

/// The longest waits of one playbook if no one answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub playbook: String,
    /// Until a second person is paged.
    pub second_person: Latest,
    /// Until a second person is paged who is in another department than the track's.
    pub other_department: Latest,
}

/// The worst opening.
///
/// Each department's track is judged by its own ladder. If that ladder ends too early, or the track is on hold until the
/// department opens, the incident's other tracks count for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Time from the opening; `None` if it never happens.
    pub within: Option<TimeDelta>,
    pub opened_at: DateTime<Utc>,
    pub department: DepartmentId,
    pub zone: Zone,
    /// The ladder in use.
    pub ladder: String,
    /// Whether the department is staffed at the opening.
    pub staffed: bool,
    /// What raised the severity, such as "the flag `on-site-now`".
    pub lifted_by: Option<String>,
}
