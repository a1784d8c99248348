//! Every playbook version that an incident has used.

use crate::domain::digest::Digest;
use crate::domain::playbook::Playbook;
use crate::journal::record::{Fact, SystemEvent};
use crate::store::error::Trouble;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

const LETTER: u8 = b'p';

/// Writes the playbooks in the record.
pub struct Playbooks;

impl Projection for Playbooks {
    fn name(&self) -> &'static str {
        "playbooks"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        if let Fact::System(SystemEvent::PlaybookPinned { hash, playbook }) = &step.record.entry.fact {
            changes.put_long(&key(hash), &serde_json::to_vec(playbook)?);
        }
        Ok(())
    }
}

/// One version, as JSON.
///
/// # Errors
///
/// See [`Trouble`].
pub fn find(db: &Database, hash: &Digest) -> Result<Option<Vec<u8>>, Trouble> {
    db.get_long(&key(hash))
}

/// # Errors
///
/// [`Trouble::Broken`] if one cannot be read.
pub fn all(db: &Database) -> Result<Vec<(Digest, Playbook)>, Trouble> {
    let mut playbooks = Vec::new();
    db.scan_long(&[LETTER], &mut |_, bytes| {
        let playbook: Playbook = serde_json::from_slice(bytes)?;
        playbooks.push((playbook.hash(), playbook));
        Ok(())
    })?;
    Ok(playbooks)
}

fn key(hash: &Digest) -> Vec<u8> {
    [&[LETTER][..], hash.as_bytes()].concat()
}
