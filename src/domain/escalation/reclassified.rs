//! What is recorded when an incident takes another playbook.

use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
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
    /// The hospital's class for the label that the repeat came with.
    pub class: String,
    pub playbook: String,
    /// The version that stays with the incident from now on.
    pub playbook_hash: Digest,
    /// After promotions; never lower than before.
    pub severity: Severity,
    /// The departments that had no track before.
    pub added: Vec<DepartmentId>,
    /// The tracks that climb their ladder from its first step now, those of the added departments among them.
    pub tracks: Vec<TrackOpened>,
    /// Departments that the playbook before names and this one does not: they keep their ladder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<(DepartmentId, Ladder)>,
}

/// Why an incident took another playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A repeat of it came in under a graver class.
    GraverRepeat,
}
