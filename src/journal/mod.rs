//! The truth: an append-only, hash-chained record of everything that happened.

pub mod record;
