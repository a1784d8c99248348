//! Statements: texts for the public or for staff, their versions, and who approves them.
//!
//! An approval is for one version. A change makes a new version that nobody has approved. Each department that must
//! approve is asked independently; if its people do not answer, the next are asked.

pub mod approvers;
pub mod ask;
pub mod decide;
pub mod event;
pub mod evolve;
pub mod input;
pub mod mark;
pub mod medium;
pub mod required;
pub mod state;
pub mod words;
