//! How long it takes at the latest until somebody else is paged.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::DepartmentId;
use crate::domain::zone::Zone;

/// What happens at the latest, if nobody answers, for one playbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The playbook's name.
    pub playbook: String,
    /// Until somebody is paged who is not the first.
    pub second_person: Latest,
    /// Until somebody of another department than the track's is paged, who is not the first either.
    pub other_department: Latest,
}

/// The worst opening of all.
///
/// Each department's track is judged by its own ladder; where that ends too early, or the track is held until the
/// department opens, the other tracks of the incident count for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Counted from the opening; nothing if it never happens.
    pub within: Option<TimeDelta>,
    /// The opening.
    pub opened_at: DateTime<Utc>,
    /// The track's department.
    pub department: DepartmentId,
    /// Its zone.
    pub zone: Zone,
    /// The ladder that it climbs.
    pub ladder: String,
    /// Whether it is staffed at the opening.
    pub staffed: bool,
    /// What lifted the incident, such as "the flag `on-site-now`".
    pub lifted_by: Option<String>,
}
