//! The embedded database, and what works around its limits.

pub mod catch_panics;
pub mod changes;
pub mod compact;
pub mod database;
pub mod key_filter;
pub mod panic_redaction;
pub mod quarantine;
pub mod timer_slack;
pub mod tree;
