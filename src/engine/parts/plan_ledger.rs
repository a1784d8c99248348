//! Tracks recorded plans, so that each file version is recorded once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::record::SystemEvent;
use crate::store::projections::plans::LastPlan;

/// The batch size in bytes: few flushes at the first start, and little memory.
const BATCH_BYTES: usize = 4 << 20;

/// The last recorded plan and the recorded file versions.
pub struct PlanLedger {
    last: LastPlan,
}

impl PlanLedger {
    /// Starts from the recorded state.
    pub fn new(last: LastPlan) -> Self {
        Self { last }
    }

    /// Forgets versions that the journal no longer holds.
    pub fn forget(&mut self, files: &HashSet<Digest>) {
        self.last.kept.retain(|sha256| !files.contains(sha256));
    }

    /// The events to record for a new plan, in batches: first each file text not yet recorded, last the plan itself.
    /// Empty if the files have not changed.
    ///
    /// All of it counts as recorded from then on; the engine keeps what cannot be written yet.
    pub fn events(&mut self, files: &[PlanFile], texts: &BTreeMap<Digest, Arc<str>>) -> Vec<Vec<SystemEvent>> {
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (sha256, text) in texts {
            if !self.last.kept.insert(*sha256) {
                continue;
            }
            if bytes + text.len() > BATCH_BYTES {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
            bytes += text.len();
            batch.push(SystemEvent::FileKept { sha256: *sha256, text: text.as_ref().into() });
        }
        if self.last.files != files {
            self.last.files = files.to_vec();
            batch.push(SystemEvent::PlanLoaded { files: files.to_vec() });
        }
        batches.push(batch);
        batches.retain(|batch| !batch.is_empty());
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(texts: &[&str]) -> (Vec<PlanFile>, BTreeMap<Digest, Arc<str>>) {
        let hash = |text: &&str| Digest::of(text.as_bytes());
        let files = texts.iter().enumerate();
        let files = files.map(|(number, text)| PlanFile { path: format!("rosters/{number}.toml"), sha256: hash(text) });
        (files.collect(), texts.iter().map(|text| (hash(text), (*text).into())).collect())
    }

    /// `kept` for each text and `plan` for each plan, batch by batch.
    fn events(ledger: &mut PlanLedger, texts: &[&str]) -> Vec<Vec<&'static str>> {
        let (files, texts) = plan(texts);
        let word = |event: &SystemEvent| match event {
            SystemEvent::FileKept { .. } => "kept",
            SystemEvent::PlanLoaded { .. } => "plan",
            _ => "other",
        };
        ledger.events(&files, &texts).iter().map(|batch| batch.iter().map(word).collect()).collect()
    }

    #[test]
    fn each_version_is_recorded_once_and_a_plan_where_it_differs_from_the_last() {
        let mut ledger = PlanLedger::new(LastPlan::default());
        assert_eq!(events(&mut ledger, &["a", "b", "a"]), [vec!["kept", "kept", "plan"]]);
        assert!(events(&mut ledger, &["a", "b", "a"]).is_empty());
        assert_eq!(events(&mut ledger, &["a", "c"]), [vec!["kept", "plan"]]);
        assert_eq!(events(&mut ledger, &["a", "b", "a"]), [vec!["plan"]], "what came back is named and not kept twice");
    }

    #[test]
    fn a_record_of_hashes_alone_is_made_up_for() {
        let (files, _) = plan(&["a"]);
        let mut ledger = PlanLedger::new(LastPlan { files, ..LastPlan::default() });
        assert_eq!(events(&mut ledger, &["a"]), [vec!["kept"]]);
    }

    #[test]
    fn large_files_are_recorded_in_batches_and_the_plan_comes_last() {
        let texts = ["a", "b", "c", "d", "e"].map(|letter| letter.repeat(BATCH_BYTES / 2));
        let texts = texts.each_ref().map(String::as_str);
        let mut ledger = PlanLedger::new(LastPlan::default());
        let batches = [vec!["kept", "kept"], vec!["kept", "kept"], vec!["kept", "plan"]];
        assert_eq!(events(&mut ledger, &texts), batches);
    }
}
