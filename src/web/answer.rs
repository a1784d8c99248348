//! Serializes responses.

use serde::Serialize;

/// Responses contain only strings and numbers, so serializing them to memory cannot fail.
pub(in crate::web) fn to_json<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
