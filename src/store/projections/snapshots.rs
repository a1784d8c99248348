//! The state of every incident, open or closed.

use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::states::{CLOSED, NUMBERS, OPEN, number_key, write};

/// Writes each incident once per chunk, in its state at the end of the chunk.
pub struct Snapshots;

impl Projection for Snapshots {
    fn name(&self) -> &'static str {
        "snapshots"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[NUMBERS, OPEN, CLOSED]
    }

    fn keeps_states(&self) -> bool {
        true
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        if let Some(about) = &step.about
            && about.number.0 == step.record.seq
        {
            changes.put(number_key(about.id), about.number.0.to_be_bytes().to_vec());
        }
        Ok(())
    }

    fn finish(&mut self, fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        for touched in fold.touched() {
            let Some(incident) = &touched.incident else { continue };
            let state = write(incident, fold.stepped_ms())?;
            if touched.is_open() {
                changes.put_long(&touched.number.key(OPEN), &state);
                if touched.was_closed {
                    changes.remove_long(&touched.number.key(CLOSED), state.len());
                }
                continue;
            }
            changes.put_long(&touched.number.key(CLOSED), &state);
            if touched.was_open {
                changes.remove_long(&touched.number.key(OPEN), state.len());
            }
        }
        Ok(())
    }
}
