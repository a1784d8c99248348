//! The secret in a page's link, and the randomness that it is made of.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// RFC 4648 base 32 in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Fifteen bytes are 120 random bits and make 24 characters without padding.
const TOKEN_BYTES: usize = 15;

/// Random bits for one decision, drawn by the caller.
///
/// Whatever the decision needs (tokens, jitter) is derived from them, so that a decision stays a pure function.
#[derive(Clone, Copy)]
pub struct Entropy(pub [u8; 32]);

impl Entropy {
    /// The link token for the incident's page of that number.
    pub fn token(&self, page_number: u32) -> LinkToken {
        let digest = self.derive(b"link", page_number);
        LinkToken::encode(&digest[..TOKEN_BYTES])
    }

    /// A number from 0 to 1000, to spread out retries.
    pub fn permille(&self) -> u16 {
        let digest = self.derive(b"jitter", 0);
        u16::from_be_bytes([digest[0], digest[1]]) % 1_001
    }

    fn derive(&self, purpose: &[u8], number: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(purpose);
        hash.update(number.to_be_bytes());
        hash.finalize().into()
    }
}

/// The secret in one page's link: whoever holds it answers as that page's liaison.
///
/// It is never stored and has no `Debug` that shows it; the record keeps its [`LinkHash`].
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(Box<str>);

impl LinkToken {
    fn encode(bytes: &[u8]) -> Self {
        let (mut text, mut bits, mut held) = (String::with_capacity(24), 0u32, 0u32);
        for byte in bytes {
            bits = bits << 8 | u32::from(*byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                text.push(char::from(BASE32[(bits >> held & 31) as usize]));
            }
        }
        Self(text.into())
    }

    /// The token's text, to be written into a page and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the record keeps of it.
    pub fn hash(&self) -> LinkHash {
        LinkHash::of(&self.0)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LinkToken(…)")
    }
}

/// SHA-256 of a token in lower case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkHash([u8; 32]);

impl LinkHash {
    /// The hash of a token as somebody typed it: case does not count.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.to_ascii_lowercase()).into())
    }

    /// The bytes, as a key.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LinkHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex(&self.0))
    }
}

impl From<LinkHash> for String {
    fn from(hash: LinkHash) -> String {
        hex(&hash.0)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link's hash is 64 hexadecimal digits")]
pub struct BadHash;

impl TryFrom<String> for LinkHash {
    type Error = BadHash;
    fn try_from(text: String) -> Result<Self, BadHash> {
        unhex(&text).map(Self).ok_or(BadHash)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[digit as usize])).collect()
}

/// Reads 64 hexadecimal digits.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |character: u8| char::from(character).to_digit(16);
        *byte = u8::try_from(digit(pair[0])? << 4 | digit(pair[1])?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_by_page_and_by_entropy_and_ignore_case() {
        let entropy = Entropy([7; 32]);
        let token = entropy.token(1);
        assert_eq!(token.reveal().len(), 24);
        assert_eq!(token, entropy.token(1));
        assert_ne!(token, entropy.token(2));
        assert_ne!(token, Entropy([8; 32]).token(1));
        assert_eq!(LinkHash::of(&token.reveal().to_uppercase()), token.hash());
        let text: String = token.hash().into();
        assert_eq!(LinkHash::try_from(text).unwrap(), token.hash());
    }
}
