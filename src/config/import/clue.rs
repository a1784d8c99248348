//! Clues to the person on a shift.

use crate::config::import::names::{first_name_first, holds_words, plain};
use crate::domain::contact::ChannelKind;
use crate::domain::label::lower;
use crate::domain::roster::Liaison;

/// A shorter number is an extension and identifies no one.
const PHONE_DIGITS_MIN: usize = 10;

/// A clue to the person on a shift.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clue {
    /// The other system's own key.
    Id(String),
    /// `Maria Rivera` or `Rivera, Maria`.
    Name(String),
    Email(String),
    /// A phone number in any format.
    Phone(String),
    /// A text that contains the name.
    Text(String),
}

impl Clue {
    pub fn text(&self) -> &str {
        match self {
            Self::Id(text) | Self::Name(text) | Self::Email(text) | Self::Phone(text) | Self::Text(text) => text,
        }
    }

    pub fn is_of(&self, liaison: &Liaison) -> bool {
        match self {
            Self::Id(text) => text == liaison.id.as_str(),
            Self::Name(text) => {
                let name = plain(&liaison.name);
                plain(text) == name || first_name_first(text) == name || text.trim() == liaison.id.as_str()
            }
            Self::Email(text) => {
                liaison.contacts.of(ChannelKind::Email).is_some_and(|mail| mail.key() == lower(text.trim()))
            }
            Self::Phone(text) => {
                liaison.contacts.of(ChannelKind::Sms).is_some_and(|phone| is_same_number(&phone.address, text))
            }
            Self::Text(text) => {
                Self::Name(text.clone()).is_of(liaison) || holds_words(&plain(text), &plain(&liaison.name))
            }
        }
    }
}

/// Whether a number in any format is the E.164 number, possibly without its country code.
fn is_same_number(e164: &str, text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_complete = digits.len() >= PHONE_DIGITS_MIN && !text.chars().any(char::is_alphabetic);
    let wanted = e164.trim_start_matches('+');
    let country_digits = wanted.len().saturating_sub(digits.len());
    is_complete && wanted.ends_with(&digits) && country_digits <= 3
}
