//! Input errors: each names its field and the fix, and none repeats what was sent.

use crate::inbound::input_error::InputError;
use crate::inbound::known_keys::{closest, is_like_a_name};
use crate::web::tree::{DEPTH_MAX, NotATree, Tree};

/// What is wrong with a body that is not JSON.
pub fn broken(not_a_tree: &NotATree) -> InputError {
    match not_a_tree {
        NotATree::TooDeep => InputError::new("", "too-deep", format!("Nest at most {DEPTH_MAX} levels deep")),
        NotATree::Broken { line, column } => {
            let message = format!("Line {line}, column {column} is not valid JSON. Send one JSON object in UTF-8");
            InputError::new("", "not-json", message)
        }
    }
}

/// An unknown key. It is repeated only if it looks like a name; anything else may be private text.
pub fn unknown_key(within: &str, key: &str, known: &[&str]) -> InputError {
    if !is_like_a_name(key) {
        return InputError::new(within.to_owned(), "unknown-key", "Remove the unknown key");
    }
    let message = match closest(key, known) {
        Some(one) => format!("`{key}` is not a known key. Did you mean `{one}`?"),
        None => format!("`{key}` is not a known key. Remove it"),
    };
    InputError::new(format!("{within}/{key}"), "unknown-key", message)
}

/// A key that comes twice.
pub fn twice(key: &'static str) -> InputError {
    InputError::new(format!("/{key}"), "duplicate-key", format!("`{key}` appears twice; send it once"))
}

/// The value as a string; `null` counts as missing.
pub fn text(key: &str, value: Tree, errors: &mut Vec<InputError>) -> Option<String> {
    match value {
        Tree::Text(text) => return Some(text),
        Tree::Null => {}
        _ => errors.push(InputError::new(format!("/{key}"), "wrong-kind", format!("`{key}` must be a string"))),
    }
    None
}
