//! Escalation and on-call routing for hospitals.

pub mod domain;
pub mod clock;
pub mod config;
pub mod journal;
pub mod store;
pub mod channel;
pub mod catcher;
pub mod engine;
