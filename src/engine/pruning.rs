//! What the loop has to do with the pruning of the record: the checkpoint is recorded in its place.

use crate::domain::playbook::Playbook;
use crate::engine::recorder::{Batch, Unrecorded};
use crate::engine::request::Refused;
use crate::engine::run::Engine;
use crate::journal::prune::Prunable;
use crate::journal::record::{Entry, Fact, HouseEvent};

impl Engine {
    /// Records what is known of the part of the record that is about to be removed, as one batch, and forgets what the
    /// record will not hold any more: it is recorded again when it is used again. Returns the checkpoint's number.
    ///
    /// # Errors
    ///
    /// [`Refused::CannotRecord`] or [`Refused::NotKnownYet`]; nothing was forgotten then.
    pub(in crate::engine) fn record_checkpoint(&mut self, found: Prunable) -> Result<u64, Refused> {
        let now = self.read_clocks();
        let at = now.logical;
        // What came since the look, and what is closed and has an attempt on its way still, needs its playbook: without it
        // an incident pages nobody.
        let used = self.desk.used_of(&found.forgotten.playbooks);
        let playbooks = used.iter().map(|(hash, playbook)| HouseEvent::PlaybookPinned {
            hash: *hash,
            playbook: Box::new(Playbook::clone(playbook)),
        });
        let entries = playbooks.chain(found.events).map(|event| Entry { at, fact: Fact::House(event) }).collect();
        let recorded = self.recorder.record(now, Batch { outside: entries, ..Batch::default() });
        self.tell_readiness();
        let recorded = recorded.map_err(|unrecorded| match unrecorded {
            Unrecorded::Never(reason) => Refused::CannotRecord(reason),
            // A checkpoint that is recorded, and nothing removed: the next pruning finds its own.
            Unrecorded::PerhapsAfterACrash(_) | Unrecorded::Late(_) => Refused::NotKnownYet,
        })?;
        self.publish(recorded);
        self.plans.forget(&found.forgotten.files);
        self.desk.unpin(&found.forgotten.playbooks);
        used.into_iter().for_each(|(hash, playbook)| self.desk.pin(hash, playbook));
        Ok(self.recorder.last_seq())
    }
}
