//! The manifest of a backup, which is its first member.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;

/// The manifest's name in a backup.
pub const MANIFEST: &str = "manifest.json";

/// The folder for segments in a backup.
pub const SEGMENTS: &str = "journal/";

/// The base file's name in a backup of a pruned record.
pub const BASE_MEMBER: &str = "journal/base.json";

/// The backup format that this version writes.
pub const FORMAT: u32 = 1;

/// The contents of a backup. A backup is a gzip-compressed tar file: this as `manifest.json`, then the members in
/// order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: u32,
    /// The version of wardbell that made it.
    pub wardbell: String,
    /// Wall clock time of the backup.
    #[serde(with = "crate::domain::instant")]
    pub made_at: DateTime<Utc>,
    pub first: u64,
    /// The last record's number; one less than `first` if there are no records.
    pub last: u64,
    pub head: Digest,
    pub members: Vec<Member>,
    /// The configuration, rosters and playbooks in force according to the record; never a secret.
    pub plan: Vec<PlanFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub path: String,
    pub bytes: u64,
    pub sha256: Digest,
}

impl Manifest {
    pub fn records(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// The total length of all members.
    pub fn bytes(&self) -> u64 {
        self.members.iter().map(|member| member.bytes).sum()
    }
}
