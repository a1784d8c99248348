//! Where things lie in the store: one ordered space of keys, told apart by their first letter.
//!
//! | key | value |
//! | --- | --- |
//! | `m` | how far the journal was applied, and under which layout |
//! | `o` id | an open incident's state |
//! | `c` id | a closed incident's state |
//! | `t` id seq | lines of the record that concern an incident |
//! | `h` seq | a line that concerns the house |
//! | `lo`, `lc` received id | the list of incidents, open and closed: status and departments |
//! | `e` source and event | what the source was answered |
//! | `k` hash | where a link leads |
//! | `p` hash | a version of a playbook |
//!
//! Keys of values that may be long end in the number of the part; the first part starts with how many there are.

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::id::{IncidentId, SourceName};
use crate::store::query::Cursor;

/// Sixteen neighbours of this length still fit one of sled's segments of 512 KiB.
pub const PART_BYTES: usize = 28 << 10;

/// Where the progress lies.
pub const META: &[u8] = b"m";

/// An open incident's state.
pub fn open(id: IncidentId) -> Vec<u8> {
    with_id(b"o", id)
}

/// A closed incident's state.
pub fn closed(id: IncidentId) -> Vec<u8> {
    with_id(b"c", id)
}

/// All lines of an incident.
pub fn timeline(id: IncidentId) -> Vec<u8> {
    with_id(b"t", id)
}

/// The lines of an incident from one record on.
pub fn lines(id: IncidentId, seq: u64) -> Vec<u8> {
    let mut key = timeline(id);
    key.extend_from_slice(&seq.to_be_bytes());
    key
}

/// A line that concerns the house.
pub fn house(seq: u64) -> Vec<u8> {
    [b"h".as_slice(), &seq.to_be_bytes()].concat()
}

/// A source's event.
pub fn event(source: &SourceName, event_id: &str) -> Vec<u8> {
    let hash = Digest::of(&[source.as_str().as_bytes(), b"\n", event_id.as_bytes()].concat());
    [b"e".as_slice(), &hash.as_bytes()[..16]].concat()
}

/// A link.
pub fn link(hash: &Digest) -> Vec<u8> {
    [b"k".as_slice(), hash.as_bytes()].concat()
}

/// A version of a playbook.
pub fn playbook(hash: &Digest) -> Vec<u8> {
    [b"p".as_slice(), hash.as_bytes()].concat()
}

/// The two halves of the list of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Open and acknowledged ones.
    Open,
    /// Resolved ones.
    Closed,
}

impl Half {
    /// What its keys begin with.
    pub fn prefix(self) -> &'static [u8; 2] {
        match self {
            Self::Open => b"lo",
            Self::Closed => b"lc",
        }
    }

    /// The key of an incident's place in the list.
    pub fn key(self, place: &Cursor) -> Vec<u8> {
        let mut key = with_millis(self.prefix(), place.received_at);
        key.extend_from_slice(&place.id.to_bits().to_be_bytes()[3..]);
        key
    }

    /// The place that a key stands for.
    pub fn place(self, key: &[u8]) -> Option<Cursor> {
        let (millis, id) = key.strip_prefix(self.prefix())?.split_first_chunk::<8>()?;
        let millis = (u64::from_be_bytes(*millis) ^ SIGN) as i64;
        Some(Cursor { received_at: DateTime::from_timestamp_millis(millis)?, id: id_of(id)? })
    }
}

/// Negative numbers sort before positive ones once this bit is turned.
const SIGN: u64 = 1 << 63;

fn with_millis(prefix: &[u8], at: DateTime<Utc>) -> Vec<u8> {
    let millis = at.timestamp_millis() as u64 ^ SIGN;
    [prefix, &millis.to_be_bytes()].concat()
}

fn with_id(prefix: &[u8], id: IncidentId) -> Vec<u8> {
    [prefix, &id.to_bits().to_be_bytes()[3..]].concat()
}

fn id_of(bytes: &[u8]) -> Option<IncidentId> {
    let low: [u8; 5] = bytes.try_into().ok()?;
    Some(IncidentId::from_random(low.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_sorts_by_time_and_then_by_reference() {
        let place = |millis, bits| Cursor {
            received_at: DateTime::from_timestamp_millis(millis).unwrap(),
            id: IncidentId::from_random(bits),
        };
        let places = [place(-1, 9), place(0, 0), place(1_700_000_000_000, 3), place(1_700_000_000_000, 1 << 39)];
        for half in [Half::Open, Half::Closed] {
            let keys = places.map(|place| half.key(&place));
            assert!(keys.is_sorted());
            assert_eq!(keys.map(|key| half.place(&key)), places.map(Some));
        }
    }
}
