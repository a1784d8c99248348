//! The engine: one task that selects work, applies it, and sends messages.
//!
//! One task owns the state. [`Engine::run`](run::Engine::run) waits for work, and applies it as one batch: decide,
//! record, change the open incidents, then answer and send. Nothing is reported before it is durable. Nothing that can
//! block runs on it: the journal has its own writer thread.
//!
//! In layers, each of which uses only those above it: [`protocol`] (requests and answers), [`metrics`] and [`log`],
//! [`parts`] (plain structs), the callers' [`handle`], [`batch`] (what each input leads to), [`state`] (the parts together),
//! [`apply`] and [`control`] (what changes it), [`run`] (the loop).

pub mod apply;
pub mod batch;
pub mod control;
pub mod handle;
pub mod log;
pub mod loop_probe;
pub mod memory_stats;
pub mod metrics;
pub mod parts;
pub mod protocol;
pub mod reader;
pub mod run;
pub mod state;
