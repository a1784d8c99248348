//! The parts of the engine's state: plain structs that do not depend on the loop.

pub mod access_queue;
pub mod channel_health;
pub mod configuration_fault;
pub mod dispatcher;
pub mod dropped_lines;
pub mod health;
pub mod internal;
pub mod last_resort;
pub mod open_incidents;
pub mod plan_ledger;
pub mod recent;
pub mod recorder;
pub mod send_durations;
pub mod send_queue;
pub mod shutdown;
pub mod source_watches;
pub mod test_requests;
mod unreached;
pub mod writer;
