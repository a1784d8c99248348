//! Wardbell's own JSON.

pub mod fields;
pub mod incident;
mod json;
mod labels;
