//! From one master key to the next, while everything goes on: all data keys are wrapped anew into a fresh file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::MasterKeyId;
use crate::journal::error::JournalError;
use crate::journal::segment::sync_folder;
use crate::vault::Vault;
use crate::vault::aead::{unwrap, wrap};
use crate::vault::disk::Disk;
use crate::vault::file::{NAME, NEW_NAME, create};
use crate::vault::slot::{SLOT_BYTES, SLOT_LENGTH, Slot, State};

/// Data keys were wrapped anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// The master keys before.
    pub from: Vec<MasterKeyId>,
    /// The one that is current.
    pub to: MasterKeyId,
    /// How many.
    pub keys: u64,
}

impl Vault {
    /// Takes other master keys into use. Every data key that opens under an old or a new one is wrapped under the current
    /// one; those that open under none stay as they are. Sealing and opening go on meanwhile. `None` where there was
    /// nothing to wrap anew. To be called where the disk may be waited for, once at a time.
    ///
    /// # Errors
    ///
    /// The file cannot be written: all keys are as before, and the old master keys are still needed.
    pub fn rotate(&self, keys: MasterKeys) -> Result<Option<Rotated>, JournalError> {
        let (all, folder, slots, disk) = {
            let mut inner = self.lock();
            if !inner.file.is_read() {
                inner.file.mend()?;
            }
            // From here on, new data keys are wrapped under the new one, and old ones open still.
            inner.keys = keys.and(&inner.keys);
            inner.rotating = Some(Vec::new());
            (inner.keys.clone(), inner.file.folder().to_owned(), inner.file.len(), inner.file.disk())
        };
        let result = rewrap(&folder, slots, &all, disk.as_ref()).and_then(|rewrapped| match rewrapped {
            Some((file, rotated)) => self.replace(&folder, slots, file).map(|()| Some(rotated)),
            None => Ok(None),
        });
        let mut inner = self.lock();
        inner.rotating = None;
        match result {
            Ok(rotated) => {
                inner.keys = keys;
                Ok(rotated)
            }
            Err(error) => {
                // The next one begins by truncating it.
                let _left = fs::remove_file(folder.join(NEW_NAME));
                Err(error)
            }
        }
    }

    /// Puts the new file in the place of the old one, with all that happened since it was begun.
    fn replace(&self, folder: &Path, slots: u32, file: File) -> Result<(), JournalError> {
        let mut inner = self.lock();
        let (since, disk) = (inner.rotating.take().unwrap_or_default(), inner.file.disk());
        for slot in since.into_iter().chain(slots..inner.file.len()) {
            // One that is damaged stays so, and keeps nothing back.
            let line = inner.file.read_line(slot)?;
            disk.write(&file, &line, u64::from(slot) * SLOT_LENGTH)?;
        }
        disk.sync(&file)?;
        fs::rename(folder.join(NEW_NAME), folder.join(NAME))?;
        inner.file.replaced_by(file);
        sync_folder(folder)?;
        Ok(())
    }
}

/// Wraps the first keys of a folder anew; `None` where all of them that open are under the current master key.
fn rewrap(
    folder: &Path,
    slots: u32,
    keys: &MasterKeys,
    disk: &dyn Disk,
) -> Result<Option<(File, Rotated)>, JournalError> {
    let mut bytes = fs::read(folder.join(NAME))?;
    bytes.truncate(slots as usize * SLOT_BYTES);
    let (to, mut from, mut count) = (keys.current(), BTreeSet::new(), 0);
    for line in bytes.chunks_exact_mut(SLOT_BYTES) {
        let Some(Slot { id, state: State::Wrapped { master, wrapped } }) = Slot::of_line(line) else { continue };
        let old = keys.get(master).filter(|old| old.id != to.id);
        let Some(key) = old.and_then(|old| unwrap(old, id, &wrapped)) else { continue };
        let state = State::Wrapped { master: to.id, wrapped: wrap(to, id, &key)? };
        line.copy_from_slice(&Slot { id, state }.to_line());
        from.insert(master);
        count += 1;
    }
    if count == 0 {
        return Ok(None);
    }
    let path: PathBuf = folder.join(NEW_NAME);
    let file = create(&path)?;
    disk.write(&file, &bytes, 0)?;
    disk.sync(&file)?;
    Ok(Some((file, Rotated { from: from.into_iter().collect(), to: to.id, keys: count })))
}
