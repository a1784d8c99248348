//! The decider: whom to page, when, and when to stop.
//!
//! An [`Incident`](incident::Incident) is decided upon by pure functions: [`open`](open::open) and
//! [`Incident::decide`](incident::Incident::decide) turn what happened into events; `evolve` turns events into state,
//! with neither plan nor clock, so that a replay needs no roster; `next_timeout` says when it wants to be asked again. A
//! timeout that comes too early decides nothing.

pub mod act;
pub mod answer;
pub mod by;
pub mod climb;
pub mod decision;
pub mod delivery;
pub mod event;
pub mod evolve;
pub mod firing;
pub mod fold;
pub mod hand_over;
pub mod incident;
pub mod input;
pub mod next_page;
pub mod open;
pub mod pace;
pub mod page_state;
pub mod reclassified;
pub mod reminder;
pub mod restart;
pub mod track_opened;
