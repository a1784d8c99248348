//! Input errors: each names its field and the fix, and none repeats what was sent.

use std::borrow::Cow;

use serde::Serialize;

/// The most errors in one response, to keep it small.
pub const INPUT_ERRORS_MAX: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct InputError {
    /// A JSON pointer (RFC 6901), or the name of a form field or query parameter.
    pub field: Cow<'static, str>,
    /// A stable code.
    pub code: &'static str,
    pub message: Cow<'static, str>,
}

impl InputError {
    pub fn new(field: impl Into<Cow<'static, str>>, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), code, message: message.into() }
    }
}
