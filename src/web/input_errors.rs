//! How errors in what callers send are told: each with its field and its cure, and none with what was sent.

use crate::inbound::input_error::InputError;
use crate::inbound::known_keys::{closest, is_like_a_name};
use crate::web::tree::{DEPTH_MAX, NotATree, Tree};

/// What is wrong with a body that is not JSON.
pub fn broken(not_a_tree: &NotATree) -> InputError {
    match not_a_tree {
        NotATree::TooDeep => InputError::new("", "too-deep", format!("nest at most {DEPTH_MAX} levels deep")),
        NotATree::Broken { line, column } => {
            let message = format!("line {line}, column {column}: not valid JSON in UTF-8; send one JSON object");
            InputError::new("", "not-json", message)
        }
    }
}

/// A key that nobody knows. It is repeated only where it looks like a name; anything else may be what a person wrote.
pub fn unknown_key(within: &str, key: &str, known: &[&str]) -> InputError {
    if !is_like_a_name(key) {
        return InputError::new(within.to_owned(), "unknown-key", "remove the key that is not in the contract");
    }
    let message = match closest(key, known) {
        Some(one) => format!("`{key}` is not known; did you mean `{one}`?"),
        None => format!("`{key}` is not known; remove it"),
    };
    InputError::new(format!("{within}/{key}"), "unknown-key", message)
}

/// A key that comes twice.
pub fn twice(key: &'static str) -> InputError {
    InputError::new(format!("/{key}"), "duplicate-key", format!("`{key}` comes twice; send it once"))
}

/// The text, if it is one; what is `null` was left out.
pub fn text(key: &str, value: Tree, errors: &mut Vec<InputError>) -> Option<String> {
    match value {
        Tree::Text(text) => return Some(text),
        Tree::Null => {}
        _ => errors.push(InputError::new(format!("/{key}"), "wrong-kind", format!("`{key}` must be a string"))),
    }
    None
}
