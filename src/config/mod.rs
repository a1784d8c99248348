//! From files to a valid plan and settings, or to everything that is wrong with them.

pub mod settings;
