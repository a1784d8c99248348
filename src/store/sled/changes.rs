//! What is to be changed in the database at once.

use crate::store::sled::tree::Change;

/// Sixteen neighbours of this length still fit one of sled's segments of 512 KiB.
pub const PART_BYTES: usize = 28 << 10;

/// Changes that are made all or not at all.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Puts a value that is short for sure.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.push((key, Some(value)));
    }

    /// Puts a value in as many parts as it takes; there is room for more than a gigabyte.
    pub fn put_long(&mut self, key: &[u8], value: &[u8]) {
        let parts = value.len().div_ceil(PART_BYTES).max(1);
        for part in 0..parts {
            let bytes = &value[part * PART_BYTES..value.len().min((part + 1) * PART_BYTES)];
            let head = if part == 0 { &(parts as u16).to_be_bytes()[..] } else { &[] };
            self.0.push(([key, &(part as u16).to_be_bytes()].concat(), Some([head, bytes].concat())));
        }
    }

    /// Removes a short value.
    pub fn remove(&mut self, key: Vec<u8>) {
        self.0.push((key, None));
    }

    /// Removes a value of several parts that has at most about this length.
    pub fn remove_long(&mut self, key: &[u8], length: usize) {
        // States shrink by little between two writes: where it is not short, one part more than needed is enough.
        for part in 0..=length / (PART_BYTES / 2) {
            self.0.push(([key, &(part as u16).to_be_bytes()].concat(), None));
        }
    }

    /// All of them, in order.
    pub fn into_list(self) -> Vec<Change> {
        self.0
    }
}
