//! What a backup says of itself, as its first member.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;

/// The manifest's name in a backup.
pub const MANIFEST: &str = "manifest.json";

/// The folder of the segments in a backup.
pub const SEGMENTS: &str = "journal/";

/// The name of what tells which records were pruned, in a backup of such a record.
pub const BASE_MEMBER: &str = "journal/base.json";

/// The form that this version writes.
pub const FORMAT: u32 = 1;

/// What a backup holds. The backup is a tar file, compressed with gzip: this as `manifest.json`, then the members in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// Which version of wardbell made it.
    pub wardbell: String,
    /// The wall clock when it was made.
    #[serde(with = "crate::domain::instant")]
    pub made_at: DateTime<Utc>,
    /// The first record's number.
    pub first: u64,
    /// The last record's number; one less than `first` where there is none.
    pub last: u64,
    /// The last record's hash.
    pub head: Digest,
    /// The files, in order.
    pub members: Vec<Member>,
    /// The configuration, rosters and playbooks that were in force, by the record; never a secret.
    pub plan: Vec<PlanFile>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Of its bytes.
    pub sha256: Digest,
}

impl Manifest {
    /// How many records it holds.
    pub fn records(&self) -> u64 {
        (self.last + 1).saturating_sub(self.first)
    }

    /// The length of all members.
    pub fn bytes(&self) -> u64 {
        self.members.iter().map(|member| member.bytes).sum()
    }
}
