//! Newtypes for everything that has a name: departments, liaisons, roles, classes, sources, operators, incidents,
//! pages.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Keeps names short enough for a file name, a log line and a page.
pub const NAME_MAX: usize = 64;

/// Why a name was rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("a name must not be empty")]
    Empty,
    #[error("a name must not be longer than {NAME_MAX} characters")]
    TooLong,
    /// Something other than `a-z`, `0-9` and inner hyphens.
    #[error("a name may contain only `a-z`, `0-9` and `-`, and must start and end with a letter or digit")]
    BadCharacter,
}

fn check_name(text: &str) -> Result<(), NameError> {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(NameError::Empty);
    };
    if bytes.len() > NAME_MAX {
        return Err(NameError::TooLong);
    }
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if plain(first) && plain(last) && bytes.iter().all(|byte| plain(byte) || *byte == b'-') {
        Ok(())
    } else {
        Err(NameError::BadCharacter)
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(inline)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                check_name(text)?;
                Ok(Self(text.into()))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "`{}`", self.0)
            }
        }
    )*};
}

names! {
    /// A part of the hospital that answers incidents; the stem of its roster's file name.
    DepartmentId;
    /// A person in a roster.
    LiaisonId;
    /// What a liaison is on call as: `primary`, `backup`, or a name defined by the roster.
    Role;
    /// A part of the week, or a set of days, with a name of its own in a roster.
    WindowName;
    /// The class that a playbook handles.
    ClassName;
    /// A playbook's variant: the middle of `class.variant.toml`.
    VariantName;
    /// A policy: the stem of its file name.
    PolicyName;
    /// A system that sends incidents.
    SourceName;
    /// A person or program that reads and acts through the API.
    OperatorName;
}

macro_rules! recorded_as_written {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
    )*};
}

recorded_as_written!(DepartmentId, LiaisonId, Role, WindowName, ClassName, VariantName, PolicyName, OperatorName);

impl SourceName {
    /// The source name for incidents that Wardbell itself opens. No configured source may use it.
    pub const OURS: &str = "wardbell";

    /// The prefix of an operator's source name. Configured names contain no slash, so they cannot collide.
    const OPERATOR: &str = "operator/";

    /// Where signed-in people open incidents, whose records name them. It collides with no configured name either, and
    /// says nothing of the person: names of sources are in logs and metrics.
    const FORM: &str = "form/signed-in";

    /// The form for people who have signed in.
    pub fn form() -> Self {
        Self(Self::FORM.into())
    }

    /// Wardbell itself.
    pub fn wardbell() -> Self {
        Self(Self::OURS.into())
    }

    /// An operator who submits incidents: a separate source, with its own event ids and dedup keys.
    pub fn of_operator(operator: &OperatorName) -> Self {
        Self(format!("{}{operator}", Self::OPERATOR).into())
    }

    /// The operator's name, if an operator submitted the incident.
    pub fn operator(&self) -> Option<&str> {
        self.0.strip_prefix(Self::OPERATOR)
    }
}

impl TryFrom<String> for SourceName {
    type Error = NameError;

    /// As recorded: a configured source, an operator, or the form.
    fn try_from(text: String) -> Result<Self, NameError> {
        if text == Self::FORM {
            return Ok(Self::form());
        }
        check_name(text.strip_prefix(Self::OPERATOR).unwrap_or(&text))?;
        Ok(Self(text.into()))
    }
}

impl Role {
    pub const PRIMARY: &str = "primary";

    pub const BACKUP: &str = "backup";

    /// The role that is paged first.
    pub fn primary() -> Self {
        Self(Self::PRIMARY.into())
    }

    /// The role that is paged if the primary does not answer.
    pub fn backup() -> Self {
        Self(Self::BACKUP.into())
    }

    /// The role of somebody who is asked to approve a statement while they are not on call.
    pub fn approver() -> Self {
        Self("approver".into())
    }
}

/// Crockford base 32: no I, L, O or U, so that a reference can be read out over the phone.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// An incident reference: 40 random bits, written as eight Crockford base 32 characters.
///
/// It reveals neither time nor sequence, so a page may show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(inline)]
pub struct IncidentId(u64);

/// The text is not eight Crockford base 32 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an incident reference is eight Crockford base 32 characters, such as `7Q2K9MXD`")]
pub struct BadReference;

impl IncidentId {
    const BITS: u64 = (1 << 40) - 1;

    /// The reference made of the low 40 bits.
    pub fn from_random(bits: u64) -> Self {
        Self(bits & Self::BITS)
    }

    /// The 40 bits, as a key that sorts in the same order as the text.
    pub fn to_bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |position: usize| CROCKFORD[(self.0 >> ((7 - position) * 5) & 31) as usize];
        let text: [u8; 8] = std::array::from_fn(digit);
        out.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for IncidentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl FromStr for IncidentId {
    type Err = BadReference;

    /// Accepts lower case, and reads `I` and `L` as `1` and `O` as `0`, as Crockford specifies.
    fn from_str(text: &str) -> Result<Self, BadReference> {
        if text.len() != 8 {
            return Err(BadReference);
        }
        text.bytes()
            .try_fold(0, |bits, byte| {
                let wanted = match byte.to_ascii_uppercase() {
                    b'I' | b'L' => b'1',
                    b'O' => b'0',
                    other => other,
                };
                let digit = CROCKFORD.iter().position(|known| *known == wanted).ok_or(BadReference)?;
                Ok(bits << 5 | digit as u64)
            })
            .map(Self)
    }
}

impl TryFrom<String> for IncidentId {
    type Error = BadReference;
    fn try_from(text: String) -> Result<Self, BadReference> {
        text.parse()
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> String {
        id.to_string()
    }
}

/// One message to one liaison about one incident, such as `7Q2K9MXD-3`; the same across all channels and attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PageId {
    pub incident: IncidentId,
    /// Numbers the incident's pages from 1.
    pub number: u32,
}

impl FromStr for PageId {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        let (incident, number) = text.split_once('-').ok_or(BadReference)?;
        let number = number.parse().map_err(|_| BadReference)?;
        Ok(Self { incident: incident.parse()?, number })
    }
}

impl fmt::Display for PageId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.incident, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!("er-nursing".parse::<DepartmentId>().is_ok());
        for (text, error) in [
            ("", NameError::Empty),
            ("ER", NameError::BadCharacter),
            ("-er", NameError::BadCharacter),
            ("er_1", NameError::BadCharacter),
            (&"x".repeat(65), NameError::TooLong),
        ] {
            assert_eq!(text.parse::<DepartmentId>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_reference_survives_being_written_and_read() {
        for bits in [0, 1, 0xff_ffff_ffff, 0x12_3456_789a] {
            let id = IncidentId::from_random(bits);
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        }
        assert_eq!("OOOOOOIL".parse::<IncidentId>(), "00000011".parse());
        assert_eq!("7Q2K9MXU".parse::<IncidentId>(), Err(BadReference));
        assert_eq!("7Q2K".parse::<IncidentId>(), Err(BadReference));
        let page = PageId { incident: IncidentId::from_random(7), number: 12 };
        assert_eq!(page.to_string().parse(), Ok(page));
        for text in ["7Q2K9MXD", "7Q2K9MXD-", "7Q2K9MXD-x", "-1", ""] {
            assert_eq!(text.parse::<PageId>(), Err(BadReference), "{text}");
        }
    }

    #[test]
    fn an_operator_is_a_source_that_no_file_can_name() {
        let operator: OperatorName = "social-desk".parse().unwrap();
        let source = SourceName::of_operator(&operator);
        assert_eq!((source.as_str(), source.operator()), ("operator/social-desk", Some("social-desk")));
        let json = serde_json::to_string(&source).unwrap();
        assert_eq!(serde_json::from_str::<SourceName>(&json).unwrap(), source);
        assert!("operator/social-desk".parse::<SourceName>().is_err());
        let form = SourceName::form();
        assert_eq!(SourceName::try_from(form.as_str().to_owned()), Ok(form.clone()));
        assert!(form.operator().is_none() && form.as_str().parse::<SourceName>().is_err());
        for wrong in ["operator/", "operator/a/b", "operator/Desk", "other/desk", "form/", "form/other"] {
            assert!(SourceName::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert_eq!("operator".parse::<SourceName>().unwrap().operator(), None);
    }
}
