//! A batch of changes to the database.

use crate::store::sled::tree::Change;

/// Sixteen adjacent parts of this size still fit in one 512 KiB segment of sled.
pub const PART_BYTES: usize = 28 << 10;

/// Changes that are applied atomically.
#[derive(Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// Puts a short value.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.push((key, Some(value)));
    }

    /// Puts a value in as many parts as needed; more than a gigabyte is possible.
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

    /// Removes a value with several parts whose length is at most about this.
    pub fn remove_long(&mut self, key: &[u8], length: usize) {
        // States shrink only slightly between two writes: for longer ones, removing one part more than needed is
        // enough.
        for part in 0..=length / (PART_BYTES / 2) {
            self.0.push(([key, &(part as u16).to_be_bytes()].concat(), None));
        }
    }

    /// All changes, in order.
    pub fn into_list(self) -> Vec<Change> {
        self.0
    }
}
