//! The last plan, and which file versions the record contains.

use std::collections::HashSet;

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::record::{Checkpoint, Fact, SystemEvent};
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// The letter of file versions.
const FILES: u8 = b'f';

/// The key of the last plan's files.
const PLAN: u8 = b'g';

/// What the record contains about plans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastPlan {
    /// The last plan's files by path; empty if there was no plan yet.
    pub files: Vec<PlanFile>,
    /// The complete file versions in the record, from that plan or others.
    pub kept: HashSet<Digest>,
}

/// Replaces the files of the previous plan with those of each new one.
pub struct Plans;

impl Projection for Plans {
    fn name(&self) -> &'static str {
        "plans"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[FILES, PLAN]
    }

    fn begin(&mut self, checkpoint: &Checkpoint, changes: &mut Changes) -> Result<(), Trouble> {
        if let Some(plan) = &checkpoint.plan {
            changes.put_long(&[PLAN], &serde_json::to_vec(&plan.files)?);
        }
        Ok(())
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        match &step.record.entry.fact {
            Fact::System(SystemEvent::PlanLoaded { files }) => changes.put_long(&[PLAN], &serde_json::to_vec(files)?),
            Fact::System(SystemEvent::FileKept { sha256, .. }) => {
                changes.put([&[FILES][..], sha256.as_bytes()].concat(), Vec::new());
            }
            _ => {}
        }
        Ok(())
    }
}

/// What the record contains about plans.
///
/// # Errors
///
/// [`Trouble::Broken`] if it cannot be read.
pub fn last(db: &Database) -> Result<LastPlan, Trouble> {
    let files = db.get_long(&[PLAN])?.map_or_else(|| Ok(Vec::new()), |bytes| serde_json::from_slice(&bytes))?;
    let kept = db.keys(&[FILES])?.iter().filter_map(|key| file_of(key)).collect();
    Ok(LastPlan { files, kept })
}

/// The version in a key.
fn file_of(key: &[u8]) -> Option<Digest> {
    key.strip_prefix(&[FILES])?.try_into().ok().map(Digest::from_bytes)
}
