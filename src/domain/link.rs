//! The secret token in a link, and the random bits it is made from.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;

/// RFC 4648 base 32 in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Fifteen bytes are 120 random bits, or 24 characters without padding.
const TOKEN_BYTES: usize = 15;

/// Random bits for one decision, drawn by the caller.
///
/// Everything the decision needs (tokens, jitter) is derived from them, so that a decision stays a pure function.
#[derive(Clone, Copy)]
pub struct Entropy(pub [u8; 32]);

impl Entropy {
    /// No randomness: for queries that create nothing.
    pub const NONE: Self = Self([0; 32]);

    /// A reference for a new incident.
    pub fn incident_id(&self) -> IncidentId {
        let digest = self.derive(b"incident", 0);
        IncidentId::from_random(digest[..5].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }

    /// The link token for the incident's page with that number.
    pub fn token(&self, page_number: u32) -> LinkToken {
        let digest = self.derive(b"link", page_number);
        LinkToken::encode(&digest[..TOKEN_BYTES])
    }

    /// A number from 0 to 1000, used for retry jitter.
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

/// The secret in a link: the holder of a page's token can answer as its liaison.
///
/// It is never stored and has no `Debug` output. The record keeps only its [`hash`](Self::hash).
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(Box<str>);

impl LinkToken {
    /// Encodes secret bytes as a token, without padding.
    pub fn encode(bytes: &[u8]) -> Self {
        let (mut text, mut bits, mut held) = (String::with_capacity(24), 0u32, 0u32);
        for byte in bytes {
            bits = bits << 8 | u32::from(*byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                text.push(char::from(BASE32[(bits >> held & 31) as usize]));
            }
        }
        if held > 0 {
            text.push(char::from(BASE32[(bits << (5 - held) & 31) as usize]));
        }
        Self(text.into())
    }

    /// The token's text. Write it into the link and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The recorded form.
    pub fn hash(&self) -> Digest {
        hash_of(&self.0)
    }
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("LinkToken(…)")
    }
}

/// The hash of a token as typed by a person, ignoring case.
pub fn hash_of(typed: &str) -> Digest {
    Digest::of(typed.to_ascii_lowercase().as_bytes())
}

/// The last part of a link without the punctuation, quotes and spaces that mail programs may append. No link ends with
/// any of these.
pub fn without_punctuation(typed: &str) -> &str {
    typed.trim_end_matches(|character: char| !character.is_ascii_alphanumeric())
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
        assert_eq!(hash_of(&token.reveal().to_uppercase()), token.hash());
    }

    #[test]
    fn what_follows_a_link_in_a_text_is_not_a_part_of_it() {
        for after in ["", ".", ")", ",", "/", ">", " ", "\"", "'", "’", "”", "»", ").", "/>\u{a0}", "…"] {
            assert_eq!(without_punctuation(&format!("k3v9.ics{after}")), "k3v9.ics", "{after:?}");
        }
        assert_eq!(without_punctuation("/. "), "");
    }
}
