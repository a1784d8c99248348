//! What is wrong with what was sent: each fault with its field and its cure, and none with what was sent.

use std::borrow::Cow;

use serde::Serialize;

/// At most this many mistakes are told at once: nobody mends more in one go, and an answer stays small.
pub const INPUT_ERRORS_MAX: usize = 32;

/// One fault in what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputError {
    /// Where, as a JSON pointer (RFC 6901); of a form or an address, the field's name.
    pub field: Cow<'static, str>,
    /// Which fault, as a stable word.
    pub code: &'static str,
    /// What to do about it.
    pub message: Cow<'static, str>,
}

impl InputError {
    /// A fault in a field.
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}
