//! How mistakes in what callers send are told: each with its field and its cure, and none with what was sent.

use crate::web::error::Mistake;
use crate::web::tree::{DEPTH_MAX, NotATree, Tree};

/// What is wrong with a body that is not JSON.
pub fn broken(not_a_tree: &NotATree) -> Mistake {
    match not_a_tree {
        NotATree::TooDeep => Mistake::new("", "too-deep", format!("nest at most {DEPTH_MAX} levels deep")),
        NotATree::Broken { line, column } => {
            let message = format!("line {line}, column {column}: not valid JSON in UTF-8; send one JSON object");
            Mistake::new("", "not-json", message)
        }
    }
}

/// A key that nobody knows. It is repeated only where it looks like a name; anything else may be what a person wrote.
pub fn unknown_key(within: &str, key: &str, known: &[&str]) -> Mistake {
    if !is_like_a_name(key) {
        return Mistake::new(within.to_owned(), "unknown-key", "remove the key that is not in the contract");
    }
    let message = match closest(key, known) {
        Some(one) => format!("`{key}` is not known; did you mean `{one}`?"),
        None => format!("`{key}` is not known; remove it"),
    };
    Mistake::new(format!("{within}/{key}"), "unknown-key", message)
}

/// A key of an incident that nobody knows, which is kept as a label. It is repeated only where it looks like a name.
pub fn unknown_label(key: &str, known: &[&str]) -> Mistake {
    if !is_like_a_name(key) {
        return Mistake::new("", "unknown-key", "An unknown key was kept as a label");
    }
    let message = match closest(key, known) {
        Some(one) => format!("`{key}` is not known and was kept as a label. Did you mean `{one}`?"),
        None => format!("`{key}` is not known and was kept as a label"),
    };
    Mistake::new(format!("/{key}"), "unknown-key", message)
}

fn is_like_a_name(key: &str) -> bool {
    key.len() <= 40
        && !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// The known key that was probably meant.
pub fn closest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let closest = known.iter().map(|one| (strsim::damerau_levenshtein(one, key), *one)).min()?;
    (closest.0 <= 2).then_some(closest.1)
}

/// A key that comes twice.
pub fn twice(key: &'static str) -> Mistake {
    Mistake::new(format!("/{key}"), "duplicate-key", format!("`{key}` comes twice; send it once"))
}

/// The text, if it is one; what is `null` was left out.
pub fn text(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<String> {
    match value {
        Tree::Text(text) => return Some(text),
        Tree::Null => {}
        _ => mistakes.push(Mistake::new(format!("/{key}"), "wrong-kind", format!("`{key}` must be a string"))),
    }
    None
}
