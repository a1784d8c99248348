//! Opens sealed text.

use zeroize::Zeroizing;

use crate::domain::id::IncidentId;
use crate::domain::master_key::MasterKeys;
use crate::domain::sealed::{DataKeyId, Sealed, SealedKind, Unreadable};
use crate::vault::aead::{DataKey, open_words, unwrap};
use crate::vault::slot::State;

/// Opens sealed text.
pub trait Opener {
    /// Opens what was sealed for this incident and kind of event.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be read.
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

    /// The data keys of this name. There are several only if a key was lost, replaced by a new one, and then restored.
    ///
    /// # Errors
    ///
    /// The reason why there is none.
    fn data_keys(&self, key: DataKeyId) -> Result<Vec<DataKey>, Unreadable>;
}

/// The keys from those lines of a key's name that can be opened.
///
/// # Errors
///
/// If none can be opened, the reason for the last one.
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

/// Opens a line with the available master keys.
///
/// # Errors
///
/// The reason why it cannot be opened.
pub fn open_slot(key: DataKeyId, state: &State, masters: &MasterKeys) -> Result<DataKey, Unreadable> {
    match state {
        State::Purged { at } => Err(Unreadable::Purged { at: *at }),
        State::Wrapped { master, wrapped } => {
            let by = masters.get(*master).ok_or(Unreadable::KeyMissing { key, master: Some(*master) })?;
            unwrap(by, key, wrapped).ok_or(Unreadable::Damaged { key })
        }
    }
}
