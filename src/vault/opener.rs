//! Opens what was sealed.

use zeroize::Zeroizing;

use crate::domain::id::IncidentId;
use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::{DataKeyId, Sealed, SealedKind, Unreadable};
use crate::vault::aead::{DataKey, open_words, unwrap};
use crate::vault::slot::State;

/// Opens what was sealed.
pub trait Opener {
    /// Opens what was sealed for that incident and kind of event.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn open_sealed(
        &self,
        incident: IncidentId,
        kind: SealedKind,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let key_id = sealed.key;
        if key_id.incident != incident {
            return Err(Unreadable::Damaged { key: key_id });
        }
        let keys = self.data_keys(key_id)?;
        let words = keys.iter().find_map(|key| open_words(key, kind, key_id, &sealed.sealed));
        words.ok_or(Unreadable::Damaged { key: key_id })
    }

    /// The data keys of that name: one, but where keys were lost, others were made, and the lost ones came back.
    ///
    /// # Errors
    ///
    /// Why none can be had.
    fn data_keys(&self, key: DataKeyId) -> Result<Vec<DataKey>, Unreadable>;
}

/// Of the lines of a key's name those that give a key.
///
/// # Errors
///
/// Where none does, why the last one does not.
pub fn those_that_open(
    key: DataKeyId,
    lines: impl Iterator<Item = Result<DataKey, Unreadable>>,
) -> Result<Vec<DataKey>, Unreadable> {
    let (mut keys, mut why) = (Vec::new(), Unreadable::Damaged { key });
    for line in lines {
        match line {
            Ok(key) => keys.push(key),
            Err(error) => why = error,
        }
    }
    if keys.is_empty() { Err(why) } else { Ok(keys) }
}

/// What a line gives by the master keys at hand.
///
/// # Errors
///
/// Why it gives nothing.
pub fn open_slot(key: DataKeyId, state: &State, masters: &MasterKeys) -> Result<DataKey, Unreadable> {
    match state {
        State::Purged { at } => Err(Unreadable::Purged { at: *at }),
        State::Wrapped { master, wrapped } => {
            let by = masters.get(*master).ok_or(Unreadable::KeyMissing { key, master: Some(*master) })?;
            unwrap(by, key, wrapped).ok_or(Unreadable::Damaged { key })
        }
    }
}
