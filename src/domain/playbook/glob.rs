//! Label patterns.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::label;

/// A label pattern, in which `*` matches any number of characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

/// The pattern would match everything, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label pattern needs at least one character other than `*`")]
pub struct BadGlob;

impl FromStr for Glob {
    type Err = BadGlob;
    fn from_str(text: &str) -> Result<Self, BadGlob> {
        if text.chars().all(|character| character == '*') { Err(BadGlob) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Glob {
    /// Whether the whole label matches the pattern, ignoring case and surrounding spaces.
    pub fn matches(&self, label: &str) -> bool {
        let (pattern, label) = (label::folded(&self.0), label::folded(label));
        let mut parts = pattern.split('*');
        let Some(rest) = parts.next().and_then(|first| label.strip_prefix(first)) else { return false };
        let middle: Vec<_> = parts.collect();
        let Some((last, middle)) = middle.split_last() else { return rest.is_empty() };
        let after_middle =
            middle.iter().try_fold(rest, |rest, part| rest.find(part).map(|at| &rest[at + part.len()..]));
        after_middle.is_some_and(|rest| rest.ends_with(last))
    }

    /// Whether a label may match both patterns. Approximate, for a warning: one matches the other's text.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.matches(&other.0) || other.matches(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_labels() {
        for (glob, label, fits) in [
            ("hipaa.*", "hipaa.staff", true),
            ("hipaa.*", "hipaa.", true),
            ("hipaa.*", "xhipaa.a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("*end", "the end", true),
            ("aa*aa", "aaa", false),
            ("Hipaa.*", " HIPAA.Staff ", true),
        ] {
            assert_eq!(glob.parse::<Glob>().unwrap().matches(label), fits, "{glob} {label}");
        }
        assert_eq!("**".parse::<Glob>(), Err(BadGlob));
    }
}
