//! What was appended to the journal together.

use crate::journal::port::Written;
use crate::journal::record::Record;

/// What was appended to the journal together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The lines.
    pub written: Vec<Written>,
    /// What they say, one a line.
    pub records: Vec<Record>,
}
