//! What callers ask of the engine and what it answers: plain values that both sides know, above which nothing of the engine
//! stands.
//!
//! A [`request`] is a [`command`] (it asks for something to be recorded), a [`query`] (it asks what was recorded about
//! incidents) or a [`control`] (it concerns the loop itself, and is answered at once).

pub mod channel_test;
pub mod claim;
pub mod command;
pub mod control;
pub mod health;
pub mod link;
pub mod query;
pub mod readiness;
pub mod reader;
pub mod refused;
pub mod reload;
pub mod reply;
pub mod request;
