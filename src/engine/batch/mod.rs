//! One batch: decides every input of a turn, in order, before anything is recorded.
//!
//! A [`pending`] batch starts from a [`context`] (what was recorded before) and leads to [`changes`]. What each input leads
//! to is in [`decide`]; the others are its parts. Nothing here records, sends or answers.

pub mod changes;
mod configuration;
pub mod context;
pub mod decide;
mod incoming;
pub mod late;
pub mod link_rights;
pub mod pending;
mod press;
pub mod routing;
pub mod purge;
pub mod reopen;
pub mod sending;
pub mod waiting;
