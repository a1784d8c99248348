//! Places of a statement that may say too much, as recorded with the version that was submitted.

use serde::{Deserialize, Serialize};

/// A place of a text that may say too much, and why. The reason quotes no protected word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Mark")]
pub struct Mark {
    /// Where it starts, in characters.
    pub from: u32,
    /// Where it ends, in characters.
    pub to: u32,
    pub why: Box<str>,
}
