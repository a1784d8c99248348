//! What is kept: the journal as the truth, and the store that can be lost.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod fixture;
mod journal;
mod files;
mod format;
mod backup;
mod compact;
mod compress;
mod conformance;
mod prune;
mod purge;
mod churn;
mod place;
mod plans;
mod projections;
mod store;
mod trouble;
mod vault;
mod killed;
mod measure;
