//! The ids of people in the record.

use std::fmt::{self, Write};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::label::lower;

/// The longest e-mail address is shorter.
const ID_MAX: usize = 400;

/// Identifies a person in the record: a liaison's id, `department/id` where two people have that id, an address of a
/// group in lower case, or an emergency code.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct PersonId(Arc<str>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a person is named by the id of a liaison, such as `m-rivera`, or by an address of a group")]
pub struct BadPersonId;

/// Starts the id of somebody who signed in with an emergency code. No other id contains a colon.
const EMERGENCY: &str = "emergency-code:";

impl PersonId {
    pub fn of_liaison(id: &LiaisonId) -> Self {
        Self(id.as_str().into())
    }

    pub fn in_roster(department: &DepartmentId, id: &LiaisonId) -> Self {
        Self(format!("{department}/{id}").into())
    }

    /// An id is written between quotes in the record, so what would end it there is written as its number.
    pub fn of_address(address: &str) -> Self {
        let mut text = String::new();
        for character in lower(address).chars() {
            if is_plain(character) {
                text.push(character);
            } else {
                // Writing to a string does not fail.
                let _written = write!(text, "%{:02x}", u32::from(character));
            }
        }
        Self(text.into())
    }

    /// Somebody who signed in with the emergency code of that number.
    pub fn of_emergency_code(number: u32) -> Self {
        Self(format!("{EMERGENCY}{number}").into())
    }

    pub fn is_emergency_code(&self) -> bool {
        self.0.starts_with(EMERGENCY)
    }

    /// The number of the emergency code that it stands for, if it does.
    pub fn emergency_code_number(&self) -> Option<u32> {
        self.0.strip_prefix(EMERGENCY)?.parse().ok()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(character: char) -> bool {
    !(character.is_control() || character.is_whitespace() || matches!(character, '"' | '\\' | ':' | '%'))
}

impl FromStr for PersonId {
    type Err = BadPersonId;
    fn from_str(text: &str) -> Result<Self, BadPersonId> {
        let plain = |character: char| is_plain(character) || matches!(character, ':' | '%');
        let is_good = !text.is_empty() && text.len() <= ID_MAX && text.chars().all(plain);
        if is_good { Ok(Self(text.into())) } else { Err(BadPersonId) }
    }
}

impl TryFrom<String> for PersonId {
    type Error = BadPersonId;
    fn try_from(text: String) -> Result<Self, BadPersonId> {
        text.parse()
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_never_ends_its_place_in_the_record_and_is_read_back() {
        for (address, id) in [
            ("S.Ng@mercy.example", "s.ng@mercy.example"),
            ("+13125550101", "+13125550101"),
            ("\"a b\\\"@mercy.example", "%22a%20b%5c%22@mercy.example"),
        ] {
            let made = PersonId::of_address(address);
            assert_eq!((made.as_str(), made.as_str().parse()), (id, Ok(made.clone())));
        }
        for wrong in ["", "a b", "a\"b", "a\\b", "a\nb", &"x".repeat(401)] {
            assert_eq!(wrong.parse::<PersonId>(), Err(BadPersonId), "{wrong}");
        }
        assert!(PersonId::of_emergency_code(3).is_emergency_code());
        assert!(!PersonId::of_address("emergency-code:3@x").is_emergency_code());
    }
}
