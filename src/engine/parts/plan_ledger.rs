//! What the record holds of plans already, so that each version of a file is recorded once.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::domain::digest::Digest;
use crate::domain::plan::PlanFile;
use crate::journal::record::SystemEvent;
use crate::store::projections::plans::LastPlan;

/// Texts are recorded in batches of about so many bytes: few flushes for a hospital's first start, and memory stays small.
const BATCH_BYTES: usize = 4 << 20;

/// Knows the last recorded plan, and which versions of files the record holds.
pub struct PlanLedger {
    last: LastPlan,
}

impl PlanLedger {
    /// Begins with what the record tells.
    pub fn new(last: LastPlan) -> Self {
        Self { last }
    }

    /// The record does not hold these versions any more.
    pub fn forget(&mut self, files: &HashSet<Digest>) {
        self.last.kept.retain(|sha256| !files.contains(sha256));
    }

    /// What is to be recorded for a plan that comes into force, in batches: first every text that the record does not
    /// hold, at last the plan that names them. Nothing where the last plan had the same files.
    ///
    /// All of it counts as recorded from then on: what cannot be written now is kept by the engine until it can.
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
