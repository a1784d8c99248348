//! The cipher: XChaCha20-Poly1305 with random nonces. Each ciphertext is bound to its context.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::domain::master_key::MasterKey;
use crate::domain::sealed::{DataKeyId, MasterKeyId, SealedKind};
use crate::journal::error::JournalError;

/// A data key; zeroed in memory when dropped.
pub type DataKey = Zeroizing<[u8; 32]>;

const NONCE_BYTES: usize = 24;

/// Draws a key from the operating system's random number generator.
///
/// # Errors
///
/// The operating system provides no random data.
pub fn random_key() -> Result<DataKey, JournalError> {
    let mut key = Zeroizing::new([0; 32]);
    draw(key.as_mut_slice())?;
    Ok(key)
}

/// Seals text.
///
/// # Errors
///
/// The operating system provides no random data.
pub fn seal_words(key: &DataKey, kind: SealedKind, id: DataKeyId, words: &[u8]) -> Result<Box<str>, JournalError> {
    seal(key, &words_data(kind, id), words)
}

/// Opens sealed text; `None` if it was modified.
pub fn open_words(key: &DataKey, kind: SealedKind, id: DataKeyId, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    open(key, &words_data(kind, id), sealed)
}

/// Wraps a data key under a master key, as 96 characters.
///
/// # Errors
///
/// The operating system provides no random data.
pub fn wrap(master: &MasterKey, id: DataKeyId, key: &DataKey) -> Result<Box<str>, JournalError> {
    seal(master.bytes(), &key_data(id, master.id), key.as_slice())
}

/// Unwraps a data key; `None` if it was modified.
pub fn unwrap(master: &MasterKey, id: DataKeyId, wrapped: &str) -> Option<DataKey> {
    let bytes = open(master.bytes(), &key_data(id, master.id), wrapped)?;
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}

fn words_data(kind: SealedKind, id: DataKeyId) -> String {
    format!("wardbell v1 {} {id}", kind.word())
}

fn key_data(id: DataKeyId, master: MasterKeyId) -> String {
    format!("wardbell v1 data-key {id} {master}")
}

fn seal(key: &[u8; 32], data: &str, words: &[u8]) -> Result<Box<str>, JournalError> {
    let mut nonce = [0; NONCE_BYTES];
    draw(&mut nonce)?;
    let payload = Payload { msg: words, aad: data.as_bytes() };
    let ciphertext = XChaCha20Poly1305::new(key.into()).encrypt(&XNonce::from(nonce), payload);
    let ciphertext = ciphertext.map_err(|_| JournalError::Unwritable("it is too long to encrypt".into()))?;
    Ok(STANDARD.encode([nonce.as_slice(), &ciphertext].concat()).into())
}

fn open(key: &[u8; 32], data: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = STANDARD.decode(sealed).ok()?;
    let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg: ciphertext, aad: data.as_bytes() };
    let words = XChaCha20Poly1305::new(key.into()).decrypt(&XNonce::from(*nonce), payload);
    words.ok().map(Zeroizing::new)
}

fn draw(bytes: &mut [u8]) -> Result<(), JournalError> {
    getrandom::fill(bytes).map_err(|_| JournalError::Disk("the operating system provides no random data".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master(seed: u8) -> MasterKey {
        MasterKey::new([seed; 32])
    }

    #[test]
    fn words_open_only_as_what_they_were_sealed() {
        let (key, other) = (random_key().unwrap(), random_key().unwrap());
        let id: DataKeyId = "7Q2K9MXD.0001".parse().unwrap();
        let sealed = seal_words(&key, SealedKind::Noted, id, b"done").unwrap();
        assert_eq!(open_words(&key, SealedKind::Noted, id, &sealed).unwrap().as_slice(), b"done");
        assert_ne!(seal_words(&key, SealedKind::Noted, id, b"done").unwrap(), sealed, "never the same nonce twice");
        assert!(open_words(&other, SealedKind::Noted, id, &sealed).is_none(), "another key");
        assert!(open_words(&key, SealedKind::Resolved, id, &sealed).is_none(), "another kind of event");
        for moved in ["7Q2K9MXE.0001", "7Q2K9MXD.0002"] {
            assert!(open_words(&key, SealedKind::Noted, moved.parse().unwrap(), &sealed).is_none(), "{moved}");
        }
        let mut bytes = STANDARD.decode(&*sealed).unwrap();
        for position in 0..bytes.len() {
            for bit in 0..8 {
                bytes[position] ^= 1 << bit;
                assert!(open_words(&key, SealedKind::Noted, id, &STANDARD.encode(&bytes)).is_none());
                bytes[position] ^= 1 << bit;
            }
        }
        assert!(open_words(&key, SealedKind::Noted, id, "AAAA").is_none() && !sealed.contains("done"));
    }

    #[test]
    fn a_key_unwraps_only_in_its_place_and_by_its_master() {
        let (key, id) = (random_key().unwrap(), "7Q2K9MXD.0001".parse().unwrap());
        let wrapped = wrap(&master(1), id, &key).unwrap();
        assert_eq!(wrapped.len(), 96);
        assert_eq!(unwrap(&master(1), id, &wrapped), Some(key));
        assert_eq!(unwrap(&master(2), id, &wrapped), None);
        assert_eq!(unwrap(&master(1), "7Q2K9MXE.0001".parse().unwrap(), &wrapped), None, "moved to another incident");
    }

    #[test]
    fn the_cipher_is_the_one_that_is_documented() {
        // A.3.1 of draft-irtf-cfrg-xchacha-03.
        let hex = |text: &str| -> Vec<u8> {
            let digits = text.as_bytes().chunks(2);
            digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
        };
        let key: [u8; 32] = std::array::from_fn(|index| 0x80 + index as u8);
        let nonce: [u8; 24] = std::array::from_fn(|index| 0x40 + index as u8);
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        let words = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                      sunscreen would be it.";
        let cipher = XChaCha20Poly1305::new((&key).into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: words, aad: &aad }).unwrap();
        assert_eq!(sealed[..8], hex("bd6d179d3e83d43b"));
        assert_eq!(sealed[sealed.len() - 16..], hex("c0875924c1c7987947deafd8780acf49"));
    }
}
