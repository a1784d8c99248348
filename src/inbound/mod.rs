//! Decodes what other systems send into commands: one file or folder per format, and no transport.
//!
//! A format turns bytes into a [`decoded`] incident with warnings, or into all of its [`input_error`]s. The content
//! type selects the [`format`]. To add one, add a file here and an arm there.

pub mod decoded;
pub mod format;
pub mod input_error;
pub mod known_keys;
pub mod lines;
pub mod wardbell;
