//! What stands in an address: link tokens, references and file names, however they are escaped.

use wardbell::domain::id::IncidentId;
use wardbell::domain::link::{LinkToken, hash_of};

use super::web::Web;

/// RFC 4648 base 32 in lower case.
const BASE32: &str = "abcdefghijklmnopqrstuvwxyz234567";

pub fn check(bytes: &[u8]) {
    encoded(bytes);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    hashed(text);
    for (before, known) in [("/a/", 410), ("/calendar/", 0), ("/api/v1/incidents/", 0), ("/api/v1/incidents?", 0)] {
        let Some(reply) = Web::get().look(&format!("{before}{text}")) else { continue };
        assert!(reply.status < 500, "{before}{text}: {}", reply.status);
        let is_known = before == "/a/" && unescaped(text).eq_ignore_ascii_case(Web::token().reveal());
        if before == "/a/" && !text.contains(['/', '?', '#']) && !text.is_empty() {
            assert_eq!(reply.status, if is_known { known } else { 404 }, "{text}");
        }
    }
    if let Ok(id) = text.parse::<IncidentId>() {
        assert_eq!(id.to_string().parse(), Ok(id), "a reference is written as it is read");
        assert!(text.len() == 8 && id.to_string().len() == 8);
    }
}

/// A token holds all of its secret, in the letters that are read out on the phone.
fn encoded(bytes: &[u8]) {
    let token = LinkToken::encode(bytes);
    let text = token.reveal();
    assert_eq!(text.len(), (bytes.len() * 8).div_ceil(5));
    assert!(text.chars().all(|character| BASE32.contains(character)));
    assert_eq!(hash_of(&text.to_uppercase()), token.hash(), "case does not count");
    assert_eq!(hash_of(text), token.hash());
    assert!(!format!("{token:?}").contains(text) || text.len() < 8, "a log does not show it");
    let mut other = bytes.to_vec();
    if let Some(last) = other.last_mut() {
        *last ^= 1;
        assert!(LinkToken::encode(&other) != token, "every bit of the secret is in it");
    }
}

fn hashed(text: &str) {
    assert_eq!(hash_of(&text.to_ascii_uppercase()), hash_of(&text.to_ascii_lowercase()), "case does not count");
    let is_known = hash_of(text) == Web::token().hash();
    assert_eq!(is_known, text.eq_ignore_ascii_case(Web::token().reveal()), "and everything else does");
}

/// The text that an escaped part of a path means, read here a second time.
fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                plain.push(byte);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}
