//! Master keys, which wrap the incidents' data keys. A key file has one key per line, the current one first.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use crate::domain::digest::Digest;
use crate::domain::sealed::MasterKeyId;

/// The most keys in a file: the current one and those being retired.
pub const MASTER_KEYS_MAX: usize = 16;

/// The chance that 32 random bytes have fewer distinct values is about 1 in 10^20.
const DIFFERENT_BYTES_MIN: usize = 16;

/// Hashed together with the key, so that the name reveals nothing about other uses of the key.
const NAMED_BY: &[u8] = b"wardbell master key id v1\n";

/// A key of 256 random bits; zeroed in memory when dropped.
#[derive(Clone)]
pub struct MasterKey {
    pub id: MasterKeyId,
    bytes: Zeroizing<[u8; 32]>,
    /// Not stored in any file: what it wraps is lost when the process ends.
    is_ephemeral: bool,
}

/// Master keys, the current one first.
#[derive(Debug, Clone)]
pub struct MasterKeys(Vec<MasterKey>);

/// What is wrong with a master key file. No message contains key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMasterKeys {
    #[error("contains no key")]
    None,
    #[error("has more than {MASTER_KEYS_MAX} keys")]
    TooMany,
    #[error("is invalid in line {line}: expected 32 bytes in base64 or 64 hexadecimal digits")]
    NotAKey { line: usize },
    /// The key is not random.
    #[error("has a key in line {line} that is not random")]
    Weak { line: usize },
    #[error("has the same key in lines {first} and {line}")]
    Twice { line: usize, first: usize },
}

impl MasterKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let named = Zeroizing::new([NAMED_BY, bytes.as_slice()].concat());
        let [a, b, c, d, e, f, g, h, ..] = *Digest::of(&named).as_bytes();
        Self { id: MasterKeyId::from_bytes([a, b, c, d, e, f, g, h]), bytes, is_ephemeral: false }
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The line for a key file, without a newline.
    pub fn to_line(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes.as_slice()))
    }

    fn from_line(text: &str, line: usize) -> Result<Self, BadMasterKeys> {
        let bytes = bytes_of(text).ok_or(BadMasterKeys::NotAKey { line })?;
        let mut different = bytes.to_vec();
        different.sort_unstable();
        different.dedup();
        let is_weak = different.len() < DIFFERENT_BYTES_MIN;
        different.zeroize();
        if is_weak { Err(BadMasterKeys::Weak { line }) } else { Ok(Self::new(*bytes)) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "MasterKey({})", self.id)
    }
}

impl MasterKeys {
    /// Reads a key file: one key per line, in base64 or hexadecimal. Empty lines and lines that start with `#` are
    /// ignored.
    ///
    /// # Errors
    ///
    /// See [`BadMasterKeys`].
    pub fn read(text: &str) -> Result<Self, BadMasterKeys> {
        let mut keys: Vec<(usize, MasterKey)> = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let line = index + 1;
            let key = MasterKey::from_line(text, line)?;
            if let Some((first, _)) = keys.iter().find(|(_, other)| other.id == key.id) {
                return Err(BadMasterKeys::Twice { line, first: *first });
            }
            keys.push((line, key));
        }
        match keys.len() {
            0 => Err(BadMasterKeys::None),
            1..=MASTER_KEYS_MAX => Ok(Self(keys.into_iter().map(|(_, key)| key).collect())),
            _ => Err(BadMasterKeys::TooMany),
        }
    }

    pub fn of(key: MasterKey) -> Self {
        Self(vec![key])
    }

    /// An ephemeral key, used if no key file can be read. What it seals is lost when the process ends, unless it is
    /// wrapped under another key first.
    pub fn ephemeral(random: [u8; 32]) -> Self {
        Self::of(MasterKey { is_ephemeral: true, ..MasterKey::new(random) })
    }

    /// Whether one of the keys is ephemeral.
    pub fn has_ephemeral(&self) -> bool {
        self.0.iter().any(|key| key.is_ephemeral)
    }

    pub fn current(&self) -> &MasterKey {
        &self.0[0]
    }

    pub fn get(&self, id: MasterKeyId) -> Option<&MasterKey> {
        self.0.iter().find(|key| key.id == id)
    }

    /// All keys, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &MasterKey> {
        self.0.iter()
    }

    /// These keys, followed by those in `others` that are not among them.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        let more = others.0.iter().filter(|key| self.get(key.id).is_none());
        Self(self.0.iter().chain(more).cloned().collect())
    }
}

fn bytes_of(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.len() == 64 {
        return text.parse::<Digest>().ok().map(|bytes| Zeroizing::new(*bytes.as_bytes()));
    }
    let padded = Zeroizing::new(format!("{}=", text.trim_end_matches('=')));
    let decoded = Zeroizing::new(STANDARD.decode(padded.as_bytes()).ok()?);
    decoded.as_slice().try_into().ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> MasterKey {
        MasterKey::new(std::array::from_fn(|index| (index as u8).wrapping_mul(7).wrapping_add(seed)))
    }

    #[test]
    fn a_file_holds_keys_in_either_form_and_the_first_is_current() {
        let (one, two) = (key(1), key(2));
        let hex: String = two.bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        let unpadded = key(3).to_line().trim_end_matches('=').to_owned();
        let keys = MasterKeys::read(&format!("# new\r\n{}\r\n\n  {hex}\n{unpadded}", *one.to_line())).unwrap();
        assert_eq!(keys.current().id, one.id);
        let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
        assert_eq!(ids, [one.id, two.id, key(3).id]);
        assert_eq!(keys.get(two.id).unwrap().bytes(), two.bytes());
    }

    #[test]
    fn what_is_no_key_is_named_by_its_line_alone() {
        let good = key(1).to_line();
        for (text, error) in [
            ("", BadMasterKeys::None),
            ("# none\n\n", BadMasterKeys::None),
            (&format!("{}\ncorrect horse battery staple", *good), BadMasterKeys::NotAKey { line: 2 }),
            (&good[..40], BadMasterKeys::NotAKey { line: 1 }),
            (&"0".repeat(63), BadMasterKeys::NotAKey { line: 1 }),
            (&"0".repeat(64), BadMasterKeys::Weak { line: 1 }),
            (&"Zm9v".repeat(11)[..43], BadMasterKeys::NotAKey { line: 1 }),
            (&format!("{}\n#\n{}", *good, *good), BadMasterKeys::Twice { line: 3, first: 1 }),
        ] {
            let said = MasterKeys::read(text).unwrap_err();
            assert_eq!(said, error, "{text}");
            assert!(!said.to_string().contains("horse"), "{said}");
        }
        let many: String = (0..17).map(|seed| key(seed).to_line().to_string() + "\n").collect();
        assert_eq!(MasterKeys::read(&many).unwrap_err(), BadMasterKeys::TooMany);
    }

    #[test]
    fn nothing_of_a_key_is_told() {
        let text = format!("{:?}", MasterKeys::of(key(9)));
        assert_eq!(text, format!("MasterKeys([MasterKey({})])", key(9).id));
    }
}
