//! Who did something, and what they wrote.

use serde_json::Value;

use crate::domain::visible::{escaped, escaped_lines};

pub fn by(moment: &Value) -> String {
    who(&moment["by"])
}

pub fn who(by: &Value) -> String {
    let name = by["liaison"]["name"].as_str().or(by["person"]["name"].as_str()).or(by["operator"]["operator"].as_str());
    name.map_or("someone".to_owned(), escaped)
}

/// A sentence with what somebody wrote, in as many lines as that has.
pub fn with_words(sentence: String, words: &Value) -> Vec<String> {
    let Some(words) = words.as_str() else { return vec![sentence] };
    let words = escaped_lines(&words.replace("\r\n", "\n"));
    let mut lines = words.lines();
    let first = lines.next().map_or(sentence.clone(), |first| format!("{sentence}: {first}"));
    std::iter::once(first).chain(lines.map(str::to_owned)).collect()
}
