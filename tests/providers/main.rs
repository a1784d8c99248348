//! Every provider against a mock of its service: the same cases for all of them.
//!
//! A new provider adds a file with what is its own, and one line to [`PROVIDERS`].

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[allow(dead_code, unused_imports, reason = "each of the programs that include it uses a part of it")]
#[path = "../support/mod.rs"]
mod support;

mod conformance;
mod message;
mod smtp;
mod subject;
mod twilio;

use crate::subject::Subject;

const PROVIDERS: &[Subject] = &[smtp::SUBJECT, twilio::SUBJECT];
