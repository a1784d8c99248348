//! Changes the master key while the daemon runs: rewraps all data keys into a new file.

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

/// Data keys were rewrapped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Rotated {
    /// The previous master keys.
    #[schemars(with = "Vec<String>")]
    pub from: Vec<MasterKeyId>,
    /// The current one.
    #[schemars(with = "String")]
    pub to: MasterKeyId,
    /// The number of rewrapped keys.
    pub keys: u64,
}

impl Vault {
    /// Switches to other master keys. Rewraps every data key that opens under an old or new one; keys that open under
    /// none stay unchanged. Sealing and opening continue meanwhile. `None` if there was nothing to rewrap. Call it only
    /// where blocking on the disk is acceptable, and only once at a time.
    ///
    /// # Errors
    ///
    /// The file cannot be written. All keys are unchanged, and the old master keys are still needed.
    pub fn rotate(&self, keys: MasterKeys) -> Result<Option<Rotated>, JournalError> {
        let (all, folder, slots, disk) = {
            let mut inner = self.lock();
            if !inner.file.is_read() {
                inner.file.mend()?;
            }
            // From here on, new data keys are wrapped under the new master key, and old ones still open.
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
                // The next attempt truncates it first.
                let _left = fs::remove_file(folder.join(NEW_NAME));
                Err(error)
            }
        }
    }

    /// Replaces the old file with the new one, including all changes since it was started.
    fn replace(&self, folder: &Path, slots: u32, file: File) -> Result<(), JournalError> {
        let mut inner = self.lock();
        let (since, disk) = (inner.rotating.take().unwrap_or_default(), inner.file.disk());
        for slot in since.into_iter().chain(slots..inner.file.len()) {
            // A damaged key stays damaged and does not block the rotation.
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

/// Rewraps the first keys of a folder; `None` if all keys that open are already under the current master key.
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
