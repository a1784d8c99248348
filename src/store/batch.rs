//! Records that were appended to the journal together.

use crate::journal::port::Written;
use crate::journal::record::Record;

/// Records that were appended to the journal together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub written: Vec<Written>,
    /// The parsed lines.
    pub records: Vec<Record>,
}
