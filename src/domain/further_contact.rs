//! A person's contacts for one channel, in the order in which a page tries them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;

/// Which of a person's contacts a page tried, counted from 1. It is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct ContactPosition(u32);

impl ContactPosition {
    pub const FIRST: Self = Self(1);

    /// The contact that is tried after this many others.
    pub fn after(refused: usize) -> Self {
        Self(u32::try_from(refused).unwrap_or(u32::MAX).saturating_add(1))
    }

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The person or, if it is not their first contact, `the second number of` that person.
    pub fn of_person(self, channel: ChannelKind, person: &str) -> String {
        if self.is_first() {
            return person.to_owned();
        }
        format!("the {self} {} of {person}", channel.address_word())
    }

    pub fn is_first(&self) -> bool {
        *self == Self::FIRST
    }
}

impl Default for ContactPosition {
    fn default() -> Self {
        Self::FIRST
    }
}

impl fmt::Display for ContactPosition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => out.write_str("first"),
            2 => out.write_str("second"),
            3 => out.write_str("third"),
            4 => out.write_str("fourth"),
            5 => out.write_str("fifth"),
            number => {
                let ending = match (number % 10, number % 100) {
                    (1, tens) if tens != 11 => "st",
                    (2, tens) if tens != 12 => "nd",
                    (3, tens) if tens != 13 => "rd",
                    _ => "th",
                };
                write!(out, "{number}{ending}")
            }
        }
    }
}

/// The contact that a page tries next, because the one before has refused it for good.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextContact {
    pub to: Box<str>,
}

impl fmt::Debug for NextContact {
    /// Keeps addresses out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the next contact")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_words_in_sentences_and_numbers_in_the_record() {
        let words = [0, 1, 2, 5, 10, 11, 12, 20, 21, 22, 100, 110].map(|one| ContactPosition::after(one).to_string());
        let expected =
            ["first", "second", "third", "6th", "11th", "12th", "13th", "21st", "22nd", "23rd", "101st", "111th"];
        assert_eq!(words, expected);
        assert_eq!(serde_json::to_string(&ContactPosition::FIRST.next()).unwrap(), "2");
        assert!(ContactPosition::default().is_first() && !ContactPosition::after(1).is_first());
    }

    #[test]
    fn no_address_is_in_a_log() {
        let next = NextContact { to: "+13125550177".into() };
        assert!(!format!("{next:?}").contains("0177"));
        assert_eq!(serde_json::to_string(&next).unwrap(), r#"{"to":"+13125550177"}"#);
    }
}
