//! The decider: whom to page, when, and when to stop.
//!
//! Pure functions decide about an [`Incident`](incident::Incident): [`open`](open::open) and
//! [`Incident::decide`](incident::Incident::decide) turn inputs into events; `evolve` applies events to the state, with
//! neither plan nor clock, so that a replay needs no roster; `next_timeout` says when to ask again. A timeout that
//! comes too early has no effect.

pub mod act;
pub mod answer;
pub mod closing;
pub mod steps;
pub mod decision;
pub mod delivery;
pub mod event;
pub mod evolve;
pub mod step_resolution;
pub mod fold;
pub mod hand_over;
pub mod incident;
pub mod input;
pub mod next_page;
pub mod open;
pub mod open_page;
pub mod owed;
pub mod pace;
pub mod paged;
pub mod page_state;
pub mod position;
pub mod reclassified;
pub mod reminder;
pub mod resolution;
pub mod restart;
pub mod statements;
pub mod take_over;
pub mod tasks;
pub mod track_opened;
pub mod written;
