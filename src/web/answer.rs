//! How answers are written.

use serde::Serialize;

/// What the house answers is made of texts and numbers, and serializing those to memory does not fail.
pub(in crate::web) fn to_json<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
