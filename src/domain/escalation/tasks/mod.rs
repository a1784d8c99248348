//! The tasks of an incident: its playbook's actions, and those that people add.

pub mod due;
pub mod event;
pub mod evolve;
pub mod input;
pub mod list;
pub mod state;
