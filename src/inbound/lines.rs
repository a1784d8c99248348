//! Many incidents in one body, one per line (NDJSON).

use axum::body::Bytes;

/// The lines of a body, counted from 1; they share its memory.
pub struct NumberedLines {
    rest: Bytes,
    number: usize,
}

impl NumberedLines {
    pub fn new(body: Bytes) -> Self {
        Self { rest: body, number: 0 }
    }
}

impl Iterator for NumberedLines {
    type Item = (usize, Bytes);

    fn next(&mut self) -> Option<(usize, Bytes)> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let mut line = self.rest.split_to(end.map_or(self.rest.len(), |end| end + 1));
        line.truncate(end.unwrap_or(line.len()));
        self.number += 1;
        Some((self.number, line))
    }
}
