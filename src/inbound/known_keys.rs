//! Unknown keys and suggestions for them.

use crate::inbound::input_error::InputError;

/// An unknown key of an incident, kept as a label. It is repeated only if it looks like a name.
pub fn unknown_label(key: &str, known: &[&str]) -> InputError {
    if !is_like_a_name(key) {
        return InputError::new("", "unknown-key", "An unknown key was kept as a label");
    }
    let message = match closest(key, known) {
        Some(one) => format!("`{key}` is not a known key and was kept as a label. Did you mean `{one}`?"),
        None => format!("`{key}` is not a known key and was kept as a label"),
    };
    InputError::new(format!("/{key}"), "unknown-key", message)
}

/// Whether the key may be repeated; anything else may be private text.
pub fn is_like_a_name(key: &str) -> bool {
    key.len() <= 40
        && !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The known key that was probably meant.
pub fn closest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let closest = known.iter().map(|one| (strsim::damerau_levenshtein(one, key), *one)).min()?;
    (closest.0 <= 2).then_some(closest.1)
}
