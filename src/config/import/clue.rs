//! Clues to the person on a shift.

use unicode_normalization::UnicodeNormalization;

use crate::config::import::names::{first_name_first, holds_words, orders, plain};
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
    /// A name beside an address, which may be a nickname or the name of a mailbox.
    Alias(String),
    Email(String),
    /// A phone number in any format.
    Phone(String),
    /// A text that contains the name or address.
    Text(String),
}

impl Clue {
    pub fn text(&self) -> &str {
        match self {
            Self::Id(text)
            | Self::Name(text)
            | Self::Alias(text)
            | Self::Email(text)
            | Self::Phone(text)
            | Self::Text(text) => text,
        }
    }

    pub fn is_of(&self, liaison: &Liaison) -> bool {
        match self {
            Self::Id(text) => text == liaison.id.as_str(),
            Self::Name(text) | Self::Alias(text) => {
                let name = plain(&liaison.name);
                plain(text) == name || first_name_first(text) == name || text.trim() == liaison.id.as_str()
            }
            Self::Email(text) => has_address(liaison, text),
            Self::Phone(text) => {
                liaison.contacts.of(ChannelKind::Sms).is_some_and(|phone| is_same_number(&phone.address, text))
            }
            Self::Text(text) => {
                let plain_text = plain(text);
                Self::Name(text.clone()).is_of(liaison)
                    || orders(&liaison.name).iter().any(|name| holds_words(&plain_text, name))
                    || addresses(text).any(|address| has_address(liaison, address))
            }
        }
    }

    /// Whether it has the liaison's name letter by letter, with its accents.
    pub fn is_exactly(&self, liaison: &Liaison) -> bool {
        let exact = |text: &str| text.nfc().collect::<String>().to_lowercase();
        holds_words(&exact(self.text()), &exact(&liaison.name))
    }
}

/// The addresses in a text, such as `Maria Rivera <m.rivera@mercy.example>`.
pub fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|one: char| {
        one.is_whitespace() || matches!(one, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '"')
    });
    parts.map(|part| part.trim_matches(['.', '\''])).filter(|part| part.contains('@'))
}

fn has_address(liaison: &Liaison, text: &str) -> bool {
    liaison.contacts.of(ChannelKind::Email).is_some_and(|mail| mail.key() == lower(text.trim()))
}

/// Whether a number in any format is the E.164 number, possibly without its country code.
fn is_same_number(e164: &str, text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let is_complete = digits.len() >= PHONE_DIGITS_MIN && !text.chars().any(char::is_alphabetic);
    let wanted = e164.trim_start_matches('+');
    let country_digits = wanted.len().saturating_sub(digits.len());
    is_complete && wanted.ends_with(&digits) && country_digits <= 3
}
