//! Escalation and on-call routing for hospitals.

pub mod config;
pub mod domain;
