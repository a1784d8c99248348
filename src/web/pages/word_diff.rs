//! What changed between two texts, by words.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// A text of three pages takes milliseconds; what takes longer is shown as one large change.
const WITHIN: Duration = Duration::from_millis(200);

/// A part of the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Same,
    Added,
    Removed,
}

/// The parts of both texts, in order; neighbors of one kind are one part.
pub fn changes(before: &str, after: &str) -> Vec<Change> {
    let diff = TextDiff::configure().timeout(WITHIN).diff_words(before, after);
    let mut parts: Vec<Change> = Vec::new();
    for change in diff.iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => Kind::Same,
            ChangeTag::Insert => Kind::Added,
            ChangeTag::Delete => Kind::Removed,
        };
        match parts.last_mut().filter(|last| last.kind == kind) {
            Some(last) => last.text.push_str(change.value()),
            None => parts.push(Change { kind, text: change.value().to_owned() }),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_changes_one_word() {
        let all = changes("We will say more at 06:00.", "We will say more, at 06:00.");
        let told: Vec<(Kind, &str)> = all.iter().map(|one| (one.kind, one.text.as_str())).collect();
        assert_eq!(
            told,
            [(Kind::Same, "We will say "), (Kind::Removed, "more"), (Kind::Added, "more,"), (Kind::Same, " at 06:00."),]
        );
        assert!(changes("", "").is_empty());
    }
}
