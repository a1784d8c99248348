//! What other systems send, decoded to what the engine knows: one file or folder a format, and no transport.
//!
//! A format takes bytes and gives a [`decoded`] incident with warnings, or every [`input_error`] in it. Which format a body
//! has is said by its type ([`format`]). A new one is a file here and an arm there.

pub mod decoded;
pub mod format;
pub mod input_error;
pub mod known_keys;
pub mod lines;
pub mod wardbell;
