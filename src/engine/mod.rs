//! The only loop: it selects work, applies it, and hands out what is to be sent.
//!
//! One task owns the state. [`Engine::run`](run::Engine::run) waits for work, and applies it as one batch: decide, record,
//! change the desk, then answer and send. Nobody hears of anything that is not durable. Nothing that can hang runs on it: the
//! journal has a writer of its own.

mod batch;
pub mod broken_files;
pub mod channel_health;
pub mod channel_test;
pub mod claim;
mod clocks;
pub mod configuration;
pub mod courier;
pub mod desk;
pub mod ending;
pub mod draft;
pub mod dropped_lines;
pub mod gauges;
pub mod handle;
pub mod held;
pub mod housekeeper;
pub mod last_resort;
pub mod late;
pub mod ledger;
pub mod link;
pub mod log;
pub mod loop_probe;
pub mod lost_keys;
pub mod metrics;
pub mod outbox;
pub mod outside;
mod press;
pub mod prober;
pub mod purge;
pub mod pruning;
pub mod reader;
pub mod readiness;
pub mod recorder;
pub mod reload;
pub mod request;
pub mod rotate;
pub mod run;
pub mod send;
pub mod settings_copies;
pub mod silence;
pub mod tally;
pub mod unreached;
pub mod vitals;
pub mod work;
pub mod writer;
