//! The engine's requests and answers: plain values that both sides share.
//!
//! A [`request`] is a [`command`] (it asks for something to be recorded), a [`query`] (it asks what was recorded about
//! incidents) or a [`control`] (it concerns the engine itself, and is answered immediately).

pub mod access_mail;
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
pub mod sessions;
