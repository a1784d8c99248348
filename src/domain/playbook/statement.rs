//! Prepared texts: their blanks, who approves them, and what may be used without asking anybody.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::id::DepartmentId;
use crate::domain::playbook::blank::{self, Piece};
use crate::domain::wait::Wait;

/// A prepared text for people to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// For example `holding`.
    pub name: String,
    /// With blanks such as `{unit}`, which people fill.
    pub text: String,
    /// All of them must approve before use.
    pub approve: Vec<DepartmentId>,
    /// How long each approver has before the next one is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approve_within: Option<Wait>,
    /// Approved in advance: may be used at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ready: bool,
    /// The texts that a blank may be filled with, by its name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<String, Vec<String>>,
}

/// Why a blank cannot be filled with a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFilled {
    #[error("this statement has no blank `{{{0}}}`")]
    UnknownBlank(String),
    #[error("`{{{blank}}}` can only be one of: {}", .choices.join(", "))]
    NotAChoice { blank: String, choices: Vec<String> },
    #[error("`{{time}}` must be a time of day, such as `06:00 CST` or `6 a.m.`")]
    NotATime,
    #[error("`{{date}}` must be a date, such as `December 24` or `2026-12-24`")]
    NotADate,
}

impl Statement {
    /// The names of its blanks, each once.
    pub fn blanks(&self) -> Vec<&str> {
        blank::blanks(&self.text)
    }

    /// Whether a text is this one with only what was approved in advance in its blanks: choices, times, and dates.
    pub fn is_ready_as(&self, text: &str) -> bool {
        let pieces: Vec<Piece<'_>> = blank::pieces(self.text.trim_end()).collect();
        self.ready && self.fits(&pieces, text.trim_end(), &mut BTreeMap::new())
    }

    /// Its text with some blanks filled.
    ///
    /// # Errors
    ///
    /// A blank that it does not have, or, if it is ready, a text that was not approved in advance.
    pub fn filled(&self, values: &BTreeMap<String, String>) -> Result<String, NotFilled> {
        let blanks = self.blanks();
        for (name, value) in values {
            if !blanks.contains(&name.as_str()) {
                return Err(NotFilled::UnknownBlank(name.clone()));
            }
            if self.ready && !self.may_be(name, value) {
                return Err(self.why_not(name));
            }
        }
        let filled = blank::pieces(&self.text).map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Blank(name) => values.get(name).cloned().unwrap_or_else(|| format!("{{{name}}}")),
        });
        Ok(filled.collect())
    }

    fn why_not(&self, blank: &str) -> NotFilled {
        match (self.choices.get(blank), blank) {
            (Some(choices), _) => NotFilled::NotAChoice { blank: blank.to_owned(), choices: choices.clone() },
            (None, blank::DATE) => NotFilled::NotADate,
            (None, _) => NotFilled::NotATime,
        }
    }

    fn may_be(&self, name: &str, value: &str) -> bool {
        match (self.choices.get(name), name) {
            (Some(choices), _) => choices.iter().any(|choice| choice == value),
            (None, blank::TIME) => blank::is_time(value),
            (None, blank::DATE) => blank::is_date(value),
            (None, _) => false,
        }
    }

    /// Whether the pieces make the text. A blank that occurs twice has one value.
    fn fits<'a>(&self, pieces: &[Piece<'a>], text: &str, known: &mut BTreeMap<&'a str, String>) -> bool {
        match pieces.split_first() {
            None => text.is_empty(),
            Some((Piece::Text(piece), rest)) => {
                text.strip_prefix(piece).is_some_and(|text| self.fits(rest, text, known))
            }
            Some((Piece::Blank(name), rest)) => {
                if let Some(value) = known.get(name).cloned() {
                    return text.strip_prefix(value.as_str()).is_some_and(|text| self.fits(rest, text, known));
                }
                let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).take(blank::VALUE_MAX);
                for end in ends.filter(|end| self.may_be(name, &text[..*end])) {
                    known.insert(name, text[..end].to_owned());
                    if self.fits(rest, &text[end..], known) {
                        return true;
                    }
                    known.remove(name);
                }
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str, choices: &[(&str, &[&str])]) -> Statement {
        let choices = choices.iter().map(|(name, texts)| {
            ((*name).to_owned(), texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>())
        });
        Statement {
            name: "holding".into(),
            text: text.into(),
            approve: Vec::new(),
            approve_within: None,
            ready: true,
            choices: choices.collect(),
        }
    }

    #[test]
    fn only_what_was_approved_in_advance_is_ready() {
        let choices: &[(&str, &[&str])] = &[("status", &["open", "open, with long waits"])];
        let text = "On {date} we are {status}. News at {time}, again at {time}.";
        let one = statement(text, choices);
        for (text, ready) in [
            ("On December 24 we are open. News at 06:00 CST, again at 06:00 CST.", true),
            ("On 2026-12-24 we are open, with long waits. News at 6 a.m., again at 6 a.m..", true),
            ("On December 24 we are open. News at 06:00 CST, again at 07:00 CST.", false),
            ("On December 24 we are open. News at {time}, again at {time}.", false),
            ("On December 24 we are shut. News at 06:00 CST, again at 06:00 CST.", false),
            ("On Ann’s birthday we are open. News at 06:00 CST, again at 06:00 CST.", false),
            ("On December 24 we are open. News at 06:00 CST, again at 06:00 CST!", false),
            ("on December 24 we are open. News at 06:00 CST, again at 06:00 CST.", false),
            ("", false),
        ] {
            assert_eq!(one.is_ready_as(text), ready, "{text}");
        }
        let asked = Statement { ready: false, ..one };
        assert!(!asked.is_ready_as("On December 24 we are open. News at 06:00 CST, again at 06:00 CST."));
        assert!(statement("Call 911 now.\n", &[]).is_ready_as("Call 911 now."));
    }

    #[test]
    fn blanks_are_filled_with_what_they_may_be() {
        let one = statement("We are {status} until {time}.", &[("status", &["open"])]);
        let values = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(one.blanks(), ["status", "time"]);
        assert_eq!(one.filled(&values(&[("status", "open")])).unwrap(), "We are open until {time}.");
        let said = |pairs: &[(&str, &str)]| one.filled(&values(pairs)).unwrap_err().to_string();
        assert_eq!(said(&[("status", "shut")]), "`{status}` can only be one of: open");
        assert_eq!(said(&[("time", "soon")]), "`{time}` must be a time of day, such as `06:00 CST` or `6 a.m.`");
        assert_eq!(said(&[("unit", "4 East")]), "this statement has no blank `{unit}`");
        let free = Statement { ready: false, ..one };
        assert_eq!(free.filled(&values(&[("time", "soon")])).unwrap(), "We are {status} until soon.");
    }
}
