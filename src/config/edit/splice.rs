//! Text replacements.

use std::ops::Range;

/// A range of the text and its replacement.
pub struct Splice {
    pub range: Range<usize>,
    pub text: String,
}

impl Splice {
    pub fn insert(at: usize, text: String) -> Self {
        Self { range: at..at, text }
    }

    pub fn remove(range: Range<usize>) -> Self {
        Self { range, text: String::new() }
    }
}

/// Applies replacements that do not overlap; new lines get the line endings of the text.
pub fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let has_crlf = text.find('\n').is_some_and(|at| text[..at].ends_with('\r'));
    let mut edited = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for splice in splices {
        edited.push_str(&text[at..splice.range.start.max(at)]);
        edited.push_str(&if has_crlf { splice.text.replace('\n', "\r\n") } else { splice.text });
        at = splice.range.end.max(at);
    }
    edited.push_str(&text[at..]);
    edited
}
