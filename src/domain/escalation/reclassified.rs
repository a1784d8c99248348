//! The event for an incident that takes another playbook.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::escalation::tasks::event::ListedTask;
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::id::DepartmentId;
use crate::domain::playbook::ladder::Ladder;
use crate::domain::severity::Severity;

/// The incident took another playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reclassified {
    pub because: Cause,
    pub from_playbook: String,
    pub from_severity: Severity,
    /// The hospital's class for the repeat's label.
    pub class: String,
    pub playbook: String,
    /// The playbook version that stays with the incident from now on.
    pub playbook_hash: Digest,
    /// After promotions; never lower than before.
    pub severity: Severity,
    /// The departments that had no track before.
    pub added: Vec<DepartmentId>,
    /// The tracks that now start their ladder at the first step, including those of added departments.
    pub tracks: Vec<TrackOpened>,
    /// Departments that only the previous playbook names: they keep their ladder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<(DepartmentId, Ladder)>,
    /// All its tasks that come from a playbook, before and now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<ListedTask>,
    /// When it is looked at again for what it owes.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub follow_up_at: Option<DateTime<Utc>>,
}

/// Why an incident took another playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A repeat arrived under a more serious class.
    MoreSeriousRepeat,
}
