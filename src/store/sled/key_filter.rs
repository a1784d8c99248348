//! Tells quickly that the database does not contain a key: most requested events and references are new, and looking
//! them up in the database would cost as much as everything else about opening an incident.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::error::Trouble;
use crate::store::sled::tree::{Change, Tree};

/// The maximum number of remembered keys: 16 MB, and more incidents than twenty hospitals have in six years. With more
/// keys, every query goes to the database.
const MOST: usize = 1_000_000;

/// The letters of the remembered keys.
const LETTERS: [u8; 2] = [b'e', b'i'];

/// Fingerprints of all events and references in the record; without them, any key may exist.
#[derive(Debug)]
pub struct KeyFilter(Mutex<Option<Fingerprints>>);

type Fingerprints = HashSet<u64, BuildHasherDefault<AsItIs>>;

impl KeyFilter {
    /// Reads the keys of a database.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn read(tree: &Tree) -> Result<Self, Trouble> {
        let mut known = Fingerprints::default();
        for letter in LETTERS {
            for pair in tree.prefixed(&[letter])?.take(MOST + 1) {
                known.insert(fingerprint(&pair?.0));
            }
        }
        Ok(Self(Mutex::new(Some(known).filter(|known| known.len() <= MOST))))
    }

    /// For keys that were read elsewhere.
    pub fn of(keys: &[Vec<u8>]) -> Self {
        let known: Fingerprints = keys.iter().map(|key| fingerprint(key)).collect();
        Self(Mutex::new(Some(known).filter(|known| known.len() <= MOST)))
    }

    /// Remembers the keys in changes. Call it before the changes are applied.
    pub fn add(&self, changes: &[Change]) {
        let mut held = self.lock();
        let Some(known) = held.as_mut() else { return };
        let put = changes.iter().filter(|(key, value)| value.is_some() && is_remembered(key));
        known.extend(put.map(|(key, _)| fingerprint(key)));
        if known.len() > MOST {
            *held = None;
        }
    }

    /// Whether the record certainly contains a key.
    pub fn holds(&self, key: &[u8]) -> bool {
        self.lock().as_ref().is_some_and(|known| known.contains(&fingerprint(key)))
    }

    /// Whether the database may contain a key.
    pub fn may_hold(&self, key: &[u8]) -> bool {
        !is_remembered(key) || self.lock().as_ref().is_none_or(|known| known.contains(&fingerprint(key)))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Fingerprints>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_remembered(key: &[u8]) -> bool {
    key.first().is_some_and(|letter| LETTERS.contains(letter))
}

/// Both kinds of keys are random after their letter; the multiplication spreads the short ones.
fn fingerprint(key: &[u8]) -> u64 {
    let bytes = key.iter().skip(1).take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A fingerprint is already a hash.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, byte| (sum << 8) | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::tree::MemoryPlace;

    fn change(key: &[u8], value: Option<&[u8]>) -> Change {
        (key.to_vec(), value.map(<[u8]>::to_vec))
    }

    #[test]
    fn what_was_put_may_be_there_and_what_was_not_is_not() {
        let tree = Tree::Memory(MemoryPlace::default());
        tree.apply(vec![change(b"e0123456789abcdef", Some(b"old")), change(b"iabcde", Some(b"1"))]).unwrap();
        let known = KeyFilter::read(&tree).unwrap();
        known.add(&[change(b"ifghij", Some(b"2")), change(b"iklmno", None)]);
        for key in [b"e0123456789abcdef".as_slice(), b"iabcde", b"ifghij", b"k-of-another-letter"] {
            assert!(known.may_hold(key), "{}", key.escape_ascii());
        }
        assert!(known.holds(b"e0123456789abcdef") && !known.holds(b"k-of-another-letter"));
        for key in [b"e1123456789abcdef".as_slice(), b"iabcdf", b"iklmno"] {
            assert!(!known.may_hold(key), "{}", key.escape_ascii());
        }
    }

    #[test]
    fn beyond_its_limit_everything_may_be_there() {
        let known = KeyFilter(Mutex::new(Some(Fingerprints::default())));
        let changes: Vec<_> =
            (0..=MOST as u64).map(|number| change(&[b"e", &number.to_be_bytes()[..]].concat(), Some(b""))).collect();
        known.add(&changes);
        assert!(known.may_hold(b"iabcde") && !known.holds(b"iabcde"));
    }
}
