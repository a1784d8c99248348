//! A line of a file, to show people why they were paged.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A line of a file, to show people why they were paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Place {
    /// Relative to the configuration folder, such as `rosters/privacy.toml`.
    pub file: Arc<str>,
    /// Counted from 1.
    pub line: u32,
}
