//! By what the log's lines about incidents are known.

/// Whose lines are sentences that say what their fields say.
pub const TARGET: &str = "wardbell::engine::log";
