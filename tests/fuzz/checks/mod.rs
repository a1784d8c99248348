//! What must hold of whatever bytes come in from outside: one check a kind of input, shared by the fuzzers and the tests.
//!
//! A check panics where something does not hold. It says more than that nothing crashes: what is accepted can be written
//! and read again, what is refused is told with its place, and nothing of a post stands in an error.

pub mod amion;
pub mod calendar;
pub mod config;
pub mod hospital;
pub mod imported;
pub mod incident;
pub mod journal;
pub mod link;
pub mod ndjson;
pub mod playbook;
pub mod roster;
pub mod web;

/// A check of some bytes.
pub type Check = fn(&[u8]);

/// Every kind of input, with its check.
pub const ALL: [(&str, Check); 9] = [
    ("incident", incident::check),
    ("ndjson", ndjson::check),
    ("roster", roster::check),
    ("playbook", playbook::check),
    ("config", config::check),
    ("link", link::check),
    ("journal", journal::check),
    ("amion", amion::check),
    ("calendar", calendar::check),
];
