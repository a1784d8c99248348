//! The inventory of data keys: how many exist, under which master keys, and how many cannot be opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::domain::count::count;
use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::{DataKeyId, MasterKeyId};
use crate::vault::Vault;
use crate::vault::aead::unwrap;
use crate::vault::file::{NAME, whole_slots};
use crate::vault::slot::{SLOT_BYTES, Slot, State, name_of_line};

/// The inventory of a data key file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KeyInventory {
    /// The number of data keys wrapped under each master key.
    pub by_master: BTreeMap<MasterKeyId, u64>,
    /// Destroyed on purpose.
    pub purged: u64,
    /// Damaged lines whose key has no other line that opens.
    pub damaged: u64,
    /// Wrapped under master keys that are not available.
    pub unreadable: u64,
    /// Keys that the record refers to and that have no line, as far as checked.
    pub missing: u64,
}

impl KeyInventory {
    /// Counts the data keys of a folder. Without the master keys, none can be opened.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn of_folder(folder: &Path, keys: Option<&MasterKeys>) -> io::Result<Self> {
        let bytes = fs::read(folder.join(NAME))?;
        let (mut inventory, mut opened, mut spoilt) = (Self::default(), BTreeSet::new(), Vec::new());
        for line in bytes.chunks_exact(SLOT_BYTES).take(whole_slots(&bytes) as usize) {
            match Slot::of_line(line) {
                None => spoilt.push(name_of_line(line)),
                Some(Slot { state: State::Purged { .. }, .. }) => inventory.purged += 1,
                Some(Slot { id, state: State::Wrapped { master, wrapped } }) => {
                    match keys.and_then(|keys| keys.get(master)).map(|key| unwrap(key, id, &wrapped)) {
                        Some(Some(_)) => drop(opened.insert(id)),
                        Some(None) => {
                            spoilt.push(Some(id));
                            continue;
                        }
                        None => inventory.unreadable += 1,
                    }
                    *inventory.by_master.entry(master).or_default() += 1;
                }
            }
        }
        // The key was restored from a copy, and its other line opens.
        let is_lost = |name: &&Option<DataKeyId>| name.is_none_or(|name| !opened.contains(&name));
        inventory.damaged = spoilt.iter().filter(is_lost).count() as u64;
        Ok(inventory)
    }

    /// The number of data keys that cannot be opened, for any reason.
    pub fn lost(&self) -> u64 {
        self.unreadable + self.damaged + self.missing
    }

    /// A warning for the administrator about data keys that cannot be opened; `None` if there are none.
    pub fn warning(&self, keys: &MasterKeys) -> Option<String> {
        let lost = self.unreadable + self.damaged;
        if lost == 0 {
            return None;
        }
        let missing: Vec<_> = self.by_master.keys().filter(|id| keys.get(**id).is_none()).collect();
        let missing: Vec<String> = missing.into_iter().map(ToString::to_string).collect();
        let why = match missing.as_slice() {
            [] => "the data keys are damaged".to_owned(),
            [one] => format!(
                "the master key {one} is not in `master_key_file`; add it to the file, and keep the keys that are there"
            ),
            missing => {
                let missing = missing.join(", ");
                format!(
                    "the master keys {missing} are not in `master_key_file`; add them to the file, and keep the keys that are there"
                )
            }
        };
        let lost = count(lost, "data key");
        Some(format!("{lost} cannot be opened, so the text they seal cannot be read: {why}"))
    }
}

impl Vault {
    /// Counts its keys by reading all of them. Call it only where blocking on the disk is acceptable.
    ///
    /// # Errors
    ///
    /// Any I/O error.
    pub fn inventory(&self) -> io::Result<(KeyInventory, Option<String>)> {
        let (folder, keys, missing) = {
            let inner = self.lock();
            (inner.file.folder().to_owned(), inner.keys.clone(), inner.missing)
        };
        let inventory = KeyInventory { missing, ..KeyInventory::of_folder(&folder, Some(&keys))? };
        let warning = inventory.warning(&keys);
        Ok((inventory, warning))
    }
}
