//! How far logical time is ahead of the wall clock.

use chrono::TimeDelta;

use crate::journal::record::{Checkpoint, Fact, SystemEvent};
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

const LETTER: u8 = b'w';

/// Writes the value from the last record about a clock change.
pub struct WallClock;

impl Projection for WallClock {
    fn name(&self) -> &'static str {
        "wall-clock"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn begin(&mut self, checkpoint: &Checkpoint, changes: &mut Changes) -> Result<(), Trouble> {
        changes.put(vec![LETTER], checkpoint.ahead_ms.to_be_bytes().to_vec());
        Ok(())
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        if let Fact::System(SystemEvent::ClockSetBack { ahead_ms }) = &step.record.entry.fact {
            changes.put(vec![LETTER], ahead_ms.to_be_bytes().to_vec());
        }
        Ok(())
    }
}

/// How far logical time is ahead of the wall clock.
///
/// # Errors
///
/// [`Trouble::Broken`] if it cannot be read.
pub fn ahead(db: &Database) -> Result<TimeDelta, Trouble> {
    let Some(bytes) = db.get(&[LETTER])? else { return Ok(TimeDelta::zero()) };
    let bytes = bytes.as_ref().try_into().map_err(|_| Trouble::unreadable("the clock offset"))?;
    Ok(TimeDelta::milliseconds(i64::from_be_bytes(bytes)))
}
