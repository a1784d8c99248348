//! The form for a new incident: for people who have signed in, and at a source's secret link.

pub mod desk;
pub mod fields;
pub mod report;
pub mod written;
