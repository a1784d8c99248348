//! The composition root: startup, configuration reloads, systemd, and the heartbeat.

pub mod broken_files;
pub mod error;
pub mod heartbeat;
pub mod last_plan;
pub mod new_record;
pub mod poll;
pub mod reload;
pub mod rotate;
pub mod settings_copies;
pub mod start;
pub mod systemd;
pub mod watch;
