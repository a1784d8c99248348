//! The tracing target of log lines about incidents.

/// Lines with this target are sentences that already contain their fields.
pub const TARGET: &str = "wardbell::engine::log";
