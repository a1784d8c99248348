//! The secret token in a calendar feed's address: derived from the hospital's key, stored nowhere.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::link::LinkToken;

/// Part of every token, so that the key could also be used for other purposes or token formats.
const LABEL: &[u8] = b"wardbell calendar feed 1";

/// A token is the first 128 bits of the HMAC: 26 characters of base 32.
const TOKEN_BYTES: usize = 16;

/// The token of a department's feed, or of one of its liaisons' feeds.
///
/// The same key gives the same tokens; changing the key revokes all of them. Names contain no zero byte, so the parts
/// are unambiguous.
pub fn token(key: &[u8], department: &DepartmentId, liaison: Option<&LiaisonId>) -> Option<LinkToken> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(LABEL);
    for part in [Some(department.as_str()), liaison.map(LiaisonId::as_str)].into_iter().flatten() {
        mac.update(&[0]);
        mac.update(part.as_bytes());
    }
    Some(LinkToken::encode(&mac.finalize().into_bytes()[..TOKEN_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_by_key_department_and_liaison_and_stay_the_same() {
        let of = |key: &[u8], department: &str, liaison: Option<&str>| {
            let liaison = liaison.map(|id| id.parse().unwrap());
            token(key, &department.parse().unwrap(), liaison.as_ref()).unwrap().reveal().to_owned()
        };
        let key = [7; 32];
        // The output of `printf 'wardbell calendar feed 1\0privacy' | openssl dgst -sha256 -mac HMAC -macopt
        // hexkey:0707…`.
        assert_eq!(of(&key, "privacy", None), "4bgatij3npora4kb75o7nros44");
        let all = [
            of(&key, "privacy", None),
            of(&key, "privacy", Some("m-rivera")),
            of(&key, "privacy", Some("j-chen")),
            of(&key, "legal", Some("m-rivera")),
            of(&[8; 32], "privacy", None),
        ];
        for (index, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 26);
            assert!(!all[..index].contains(one), "{one}");
        }
    }
}
