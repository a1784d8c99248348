//! The slower look at an incident that could not be read: every mistake in it, each with its field and its cure.

use std::collections::BTreeMap;

use crate::web::error::{MISTAKES_MAX, Mistake};
use crate::web::incoming::{Labels, Written};
use crate::web::tree;
use crate::web::tree::{DEPTH_MAX, NotATree, Tree};

/// The keys of an incident.
const KEYS: [&str; 17] = [
    "class",
    "event_id",
    "dedup_key",
    "severity",
    "confidence",
    "summary",
    "url",
    "author",
    "network",
    "facility",
    "language",
    "reach",
    "flags",
    "involved",
    "occurred_at",
    "labels",
    "drill",
];

/// Every mistake in an incident that could not be read; never an empty list.
pub fn collect(json: &[u8]) -> Vec<Mistake> {
    let entries = match tree::read(json) {
        Ok(Tree::Map(entries)) => entries,
        Ok(_) => return vec![Mistake::new("", "wrong-kind", "an incident is a JSON object")],
        Err(not_a_tree) => return vec![broken(&not_a_tree)],
    };
    let mut mistakes = Vec::new();
    let mut written = Written::default();
    let mut seen: Vec<&str> = Vec::new();
    for (key, value) in entries {
        if mistakes.len() >= MISTAKES_MAX {
            break;
        }
        let Some(known) = KEYS.into_iter().find(|known| *known == key) else {
            mistakes.push(unknown_key("", &key, &KEYS));
            continue;
        };
        if seen.contains(&known) {
            mistakes.push(twice(known));
        } else {
            seen.push(known);
            put(&mut written, known, value, &mut mistakes);
        }
    }
    written.check(&mut mistakes);
    if mistakes.is_empty() {
        // The two ways to read disagree; the caller is told something true rather than nothing.
        mistakes.push(Mistake::new("", "not-json", "send one JSON object"));
    }
    mistakes.truncate(MISTAKES_MAX);
    mistakes
}

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
    let like_a_name = key.len() <= 40
        && !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if !like_a_name {
        return Mistake::new(within.to_owned(), "unknown-key", "remove the key that is not in the contract");
    }
    let closest = known.iter().map(|one| (strsim::damerau_levenshtein(one, key), one)).min();
    let message = match closest {
        Some((distance, one)) if distance <= 2 => format!("`{key}` is not known; did you mean `{one}`?"),
        _ if known.contains(&"labels") => format!("`{key}` is not known; remove it, or put it under `labels`"),
        _ => format!("`{key}` is not known; remove it"),
    };
    Mistake::new(format!("{within}/{key}"), "unknown-key", message)
}

/// A key that comes twice.
pub fn twice(key: &'static str) -> Mistake {
    Mistake::new(format!("/{key}"), "duplicate-key", format!("`{key}` comes twice; send it once"))
}

/// A value of the wrong kind.
pub fn wrong_kind(key: &str, wanted: &str) -> Mistake {
    Mistake::new(format!("/{key}"), "wrong-kind", format!("`{key}` must be {wanted}"))
}

fn put(written: &mut Written, key: &'static str, value: Tree, mistakes: &mut Vec<Mistake>) {
    match key {
        "class" => written.class = text(key, value, mistakes),
        "event_id" => written.event_id = text(key, value, mistakes),
        "dedup_key" => written.dedup_key = text(key, value, mistakes),
        "severity" => written.severity = text(key, value, mistakes),
        "summary" => written.summary = text(key, value, mistakes),
        "url" => written.url = text(key, value, mistakes),
        "author" => written.author = text(key, value, mistakes),
        "network" => written.network = text(key, value, mistakes),
        "facility" => written.facility = text(key, value, mistakes),
        "language" => written.language = text(key, value, mistakes),
        "occurred_at" => written.occurred_at = text(key, value, mistakes),
        "confidence" => written.confidence = number(key, value, mistakes),
        "reach" => written.reach = natural(key, value, mistakes),
        "flags" => written.flags = list(key, value, mistakes),
        "involved" => written.involved = list(key, value, mistakes),
        "labels" => written.labels = labels(value, mistakes),
        _ => written.drill = truth(key, value, mistakes),
    }
}

/// The text, if it is one; what is `null` was left out.
pub fn text(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<String> {
    match value {
        Tree::Text(text) => return Some(text),
        Tree::Null => {}
        _ => mistakes.push(wrong_kind(key, "a text")),
    }
    None
}

fn number(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<f64> {
    match value {
        // A confidence is small, so that the loss of digits in larger numbers does not matter.
        Tree::Natural(number) => return Some(number as f64),
        Tree::Number(number) => return Some(number),
        Tree::Null => {}
        _ => mistakes.push(wrong_kind(key, "a number")),
    }
    None
}

fn natural(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<u64> {
    match value {
        Tree::Natural(number) => return Some(number),
        Tree::Number(_) => {
            let message = format!("`{key}` is a whole number, and not negative");
            mistakes.push(Mistake::new(format!("/{key}"), "out-of-range", message));
        }
        Tree::Null => {}
        _ => mistakes.push(wrong_kind(key, "a whole number")),
    }
    None
}

fn truth(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<bool> {
    match value {
        Tree::Bool(truth) => return Some(truth),
        Tree::Null => {}
        _ => mistakes.push(wrong_kind(key, "`true` or `false`")),
    }
    None
}

fn list(key: &str, value: Tree, mistakes: &mut Vec<Mistake>) -> Option<Vec<String>> {
    let values = match value {
        Tree::List(values) => values,
        Tree::Null => return None,
        _ => {
            mistakes.push(wrong_kind(key, "a list of texts"));
            return None;
        }
    };
    let texts = values.into_iter().enumerate().map(|(position, value)| match value {
        Tree::Text(text) => Some(text),
        _ => {
            let message = format!("every entry of `{key}` must be a text");
            mistakes.push(Mistake::new(format!("/{key}/{position}"), "wrong-kind", message));
            None
        }
    });
    // Every mistake is wanted, so the list is read to its end.
    let texts: Vec<_> = texts.collect();
    texts.into_iter().collect()
}

fn labels(value: Tree, mistakes: &mut Vec<Mistake>) -> Option<Labels> {
    let entries = match value {
        Tree::Map(entries) => entries,
        Tree::Null => return None,
        _ => {
            mistakes.push(wrong_kind("labels", "an object of texts"));
            return None;
        }
    };
    let mut labels = BTreeMap::new();
    let (mut repeated, mut other_kind) = (false, false);
    for (key, value) in entries {
        match value {
            Tree::Text(text) => repeated |= labels.insert(key, text).is_some(),
            _ => other_kind = true,
        }
    }
    if repeated {
        mistakes.push(Mistake::new("/labels", "duplicate-key", "a key of `labels` comes twice; send each once"));
    }
    if other_kind {
        mistakes.push(Mistake::new("/labels", "wrong-kind", "every value of `labels` must be a text"));
    }
    Some(Labels(labels))
}
