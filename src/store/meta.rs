//! How much of the journal was applied.

use crate::domain::digest::Digest;

/// The layout of keys and values that this version writes; a database with another layout is rebuilt from the journal.
const LAYOUT: u8 = 4;

/// How much of the journal was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// The last record.
    pub seq: u64,
    pub hash: Digest,
    /// The total of forward wall clock steps in the record, in milliseconds.
    pub stepped_ms: i64,
    /// The number of open incidents.
    pub open: u64,
}

impl Meta {
    /// Before the first record.
    pub const START: Self = Self { seq: 0, hash: Digest::ZERO, stepped_ms: 0, open: 0 };

    pub(in crate::store) fn to_bytes(self) -> Vec<u8> {
        let numbers = [self.seq.to_be_bytes(), self.stepped_ms.to_be_bytes(), self.open.to_be_bytes()];
        [&[LAYOUT], numbers.as_flattened(), self.hash.to_hex().as_slice()].concat()
    }

    pub(in crate::store) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (seq, rest) = bytes.strip_prefix(&[LAYOUT])?.split_first_chunk()?;
        let (stepped, rest) = rest.split_first_chunk()?;
        let (open, hash) = rest.split_first_chunk()?;
        Some(Self {
            seq: u64::from_be_bytes(*seq),
            hash: std::str::from_utf8(hash).ok()?.parse().ok()?,
            stepped_ms: i64::from_be_bytes(*stepped),
            open: u64::from_be_bytes(*open),
        })
    }
}
