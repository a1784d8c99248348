//! The only loop: it selects work, applies it, and hands out what is to be sent.
//!
//! One task owns the state. [`Engine::run`](run::Engine::run) waits for work, and applies it as one batch: decide, record,
//! change the desk, then answer and send. Nobody hears of anything that is not durable.

pub mod courier;
pub mod desk;
pub mod draft;
pub mod handle;
pub mod held;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod outbox;
pub mod outside;
pub mod reader;
pub mod readiness;
pub mod recorder;
pub mod reload;
pub mod request;
pub mod run;
pub mod send;
pub mod tally;
pub mod work;
