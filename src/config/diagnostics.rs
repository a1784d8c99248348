//! Collects diagnostics and suggests corrections of misspelled names.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity, Spot};
use crate::domain::visible::is_hidden;

/// Limit on errors, and on warnings, per file: nobody reads more.
const PER_FILE_MAX: usize = 200;

/// Limit on the names in a hint.
const LISTED_MAX: usize = 12;

/// Longer names are truncated in messages.
const SHOWN_MAX: usize = 64;

/// The diagnostics so far.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: RefCell<Vec<Diagnostic>>,
    counts: RefCell<BTreeMap<(Arc<str>, Severity), usize>>,
}

impl Diagnostics {
    pub fn push(&self, diagnostic: Diagnostic) {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry((Arc::clone(&diagnostic.file), diagnostic.severity)).or_default();
        *count += 1;
        if *count <= PER_FILE_MAX {
            self.found.borrow_mut().push(diagnostic);
        } else if *count == PER_FILE_MAX + 1 {
            let message = format!("more than {PER_FILE_MAX} of these in this file; the rest are not shown");
            let last = Diagnostic { code: Code::OverLimit, message, hint: None, private_hint: None, ..diagnostic };
            self.found.borrow_mut().push(last);
        }
    }

    /// Adds an error without a hint.
    pub fn error(&self, code: Code, spot: &Spot, message: impl Into<String>) {
        self.push(Diagnostic::error(code, spot, message));
    }

    /// Adds a warning without a hint.
    pub fn warning(&self, code: Code, spot: &Spot, message: impl Into<String>) {
        self.push(Diagnostic::warning(code, spot, message));
    }

    /// Whether there is a diagnostic of that severity.
    pub fn any(&self, is: impl Fn(&Diagnostic) -> bool) -> bool {
        self.found.borrow().iter().any(is)
    }

    /// All diagnostics, sorted.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        Diagnostic::sort(&mut found);
        found.dedup();
        found
    }
}

/// A name in backticks, made safe to print.
pub fn quoted(name: &str) -> String {
    let shown: String = name.chars().take(SHOWN_MAX).collect();
    let more = if name.chars().nth(SHOWN_MAX).is_some() { "…" } else { "" };
    format!("`{}{more}`", printable(&shown))
}

/// A text without control characters.
pub fn printable(text: &str) -> String {
    text.replace(is_hidden, "\u{fffd}")
}

/// Names in backticks, separated by commas.
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// A hint with the most similar known name, if there is one.
pub fn did_you_mean<'a>(raw: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(raw, known).map(|word| format!("did you mean {}?", quoted(word)))
}

/// Adds the line with the most similar known name, or else another hint.
pub fn with_meant<'a>(
    diagnostic: Diagnostic,
    spot: &Spot,
    raw: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    otherwise: impl FnOnce() -> Option<String>,
) -> Diagnostic {
    let meant = closest(raw, known.clone()).map(|word| format!("\"{word}\""));
    let hint = did_you_mean(raw, known).or_else(otherwise);
    diagnostic.fix(spot, meant.as_deref(), hint)
}

/// The same hint, or else the list of known names if it is short.
pub fn meant_or_known<'a>(raw: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    let few = || {
        let mut words: Vec<_> = known.clone().into_iter().take(LISTED_MAX + 1).collect();
        words.dedup();
        (1..=LISTED_MAX).contains(&words.len()).then(|| format!("known names: {}", quoted_list(words)))
    };
    did_you_mean(raw, known.clone()).or_else(few)
}

/// The most similar known name, if there is one.
pub fn closest<'a>(raw: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if raw.len() > SHOWN_MAX {
        return None;
    }
    let raw = raw.to_lowercase();
    let distances = known.into_iter().filter_map(|word| {
        let distance = strsim::damerau_levenshtein(&raw, &word.to_lowercase());
        let allowed = (raw.chars().count().max(word.chars().count()) / 3).max(1);
        (distance <= allowed).then_some((distance, word))
    });
    distances.min().map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        let known = ["departments", "severity", "page_title", "title"];
        for (raw, meant) in [
            ("department", Some("departments")),
            ("Severity", Some("severity")),
            ("serverity", Some("severity")),
            ("titel", Some("title")),
            ("owner", None),
            ("", None),
        ] {
            assert_eq!(closest(raw, known), meant, "{raw}");
        }
    }

    #[test]
    fn names_are_shown_safely() {
        assert_eq!(quoted("a\u{1b}[31m\n\u{202e}b"), "`a\u{fffd}[31m\u{fffd}\u{fffd}b`");
        assert_eq!(quoted(&"x".repeat(65)), format!("`{}…`", "x".repeat(64)));
    }
}
