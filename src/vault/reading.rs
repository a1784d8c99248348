//! The data keys in a folder, for readers that run beside a daemon that has the file locked.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::{DataKeyId, Unreadable};
use crate::vault::aead::DataKey;
use crate::vault::file::{NAME, whole_slots};
use crate::vault::opener::{Opener, open_slot, those_that_open};
use crate::vault::slot::{SLOT_BYTES, Slot, State, name_of_line};

/// A snapshot of the data keys.
pub struct KeysAtRest {
    /// Damaged lines are left out.
    lines: BTreeMap<DataKeyId, Vec<State>>,
    masters: MasterKeys,
}

impl KeysAtRest {
    /// Reads all keys of a folder without changing anything, also while a daemon runs.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn read(folder: &Path, masters: MasterKeys) -> io::Result<Self> {
        let bytes = fs::read(folder.join(NAME))?;
        let mut lines: BTreeMap<DataKeyId, Vec<State>> = BTreeMap::new();
        for line in bytes.chunks_exact(SLOT_BYTES).take(whole_slots(&bytes) as usize) {
            if let Some(key) = name_of_line(line) {
                lines.entry(key).or_default().extend(Slot::of_line(line).map(|slot| slot.state));
            }
        }
        Ok(Self { lines, masters })
    }
}

impl Opener for KeysAtRest {
    fn data_keys(&self, key: DataKeyId) -> Result<Vec<DataKey>, Unreadable> {
        let Some(states) = self.lines.get(&key) else { return Err(Unreadable::KeyMissing { key, master: None }) };
        those_that_open(key, states.iter().map(|state| open_slot(key, state, &self.masters)))
    }
}
