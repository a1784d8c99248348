//! The incidents whose data keys must be gone.

use crate::domain::escalation::event::Event;
use crate::domain::id::IncidentId;
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

const LETTER: u8 = b'x';

/// Writes the reference of each purged incident.
pub struct Purged;

impl Projection for Purged {
    fn name(&self) -> &'static str {
        "purged"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        // Includes incidents whose opening was pruned: their keys may come back with a restored copy.
        if let Some(about) = &step.about
            && matches!(about.event, Event::Purged { .. })
        {
            changes.put(key(about.id), Vec::new());
        }
        Ok(())
    }
}

/// All purged incidents.
///
/// # Errors
///
/// [`Trouble::Broken`] if they cannot be read.
pub fn all(db: &Database) -> Result<Vec<IncidentId>, Trouble> {
    Ok(db.keys(&[LETTER])?.iter().filter_map(|key| of_key(key)).collect())
}

fn key(id: IncidentId) -> Vec<u8> {
    [&[LETTER][..], &id.to_bits().to_be_bytes()[3..]].concat()
}

fn of_key(key: &[u8]) -> Option<IncidentId> {
    let bits = key.strip_prefix(&[LETTER])?;
    (bits.len() == 5).then(|| IncidentId::from_random(bits.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))))
}
