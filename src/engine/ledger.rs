//! What the record holds of plans already, so that each version of a file is recorded once.

use crate::domain::plan::Plan;
use crate::journal::record::HouseEvent;
use crate::store::LastPlan;

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

    /// What is to be recorded for a plan that comes into force, in batches: first every text that the record does not
    /// hold, at last the plan that names them. Nothing where the last plan had the same files.
    ///
    /// All of it counts as recorded from then on: what cannot be written now is kept by the engine until it can.
    pub fn events(&mut self, plan: &Plan) -> Vec<Vec<HouseEvent>> {
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), 0);
        for (sha256, text) in &plan.texts {
            if !self.last.kept.insert(*sha256) {
                continue;
            }
            if bytes + text.len() > BATCH_BYTES {
                batches.push(std::mem::take(&mut batch));
                bytes = 0;
            }
            bytes += text.len();
            batch.push(HouseEvent::FileKept { sha256: *sha256, text: text.as_ref().into() });
        }
        if self.last.files != plan.files {
            self.last.files.clone_from(&plan.files);
            batch.push(HouseEvent::PlanLoaded { files: plan.files.clone() });
        }
        batches.push(batch);
        batches.retain(|batch| !batch.is_empty());
        batches
    }
}
