//! Protected text: plain, or sealed under a data key that is stored outside the record.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::IncidentId;
use crate::domain::instant;

/// Identifies a data key: the incident whose text it seals, and the key's number, starting at 1.
///
/// An incident gets another key only if its previous one could not be opened when more text arrived. Written as
/// `7Q2K9MXD.0001`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataKeyId {
    pub incident: IncidentId,
    /// Numbers the incident's keys from 1.
    pub generation: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a data key's name is its incident's reference and a number, such as `7Q2K9MXD.0001`")]
pub struct BadDataKeyId;

impl DataKeyId {
    pub const LENGTH: usize = 13;

    pub const LAST: u16 = 9_999;
}

impl fmt::Display for DataKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:04}", self.incident, self.generation)
    }
}

impl fmt::Debug for DataKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl FromStr for DataKeyId {
    type Err = BadDataKeyId;

    fn from_str(text: &str) -> Result<Self, BadDataKeyId> {
        let (incident, generation) = text.split_once('.').ok_or(BadDataKeyId)?;
        let is_plain = generation.len() == 4 && generation.bytes().all(|byte| byte.is_ascii_digit());
        let incident = incident.parse().map_err(|_| BadDataKeyId)?;
        let generation = generation.parse().ok().filter(|number| is_plain && *number > 0).ok_or(BadDataKeyId)?;
        Ok(Self { incident, generation })
    }
}

impl TryFrom<String> for DataKeyId {
    type Error = BadDataKeyId;
    fn try_from(text: String) -> Result<Self, BadDataKeyId> {
        text.parse()
    }
}

impl From<DataKeyId> for String {
    fn from(id: DataKeyId) -> String {
        id.to_string()
    }
}

/// Text that can be read only with its data key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Nonce, ciphertext and tag in base64.
    pub sealed: Box<str>,
    pub key: DataKeyId,
}

/// A note, recorded either as plain text or sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// Plain text: treat it as protected health information.
    Plain(String),
    /// Readable only with the data key.
    Sealed(Sealed),
}

impl Words {
    /// The text, unless it is sealed.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Sealed(_) => None,
        }
    }
}

impl From<String> for Words {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl fmt::Debug for Words {
    /// Keeps the text out of logs and errors.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.plain().is_some() { "Words(…)" } else { "Words(sealed)" })
    }
}

/// The kind of event a ciphertext belongs to. Moved to another kind of event, it does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedKind {
    /// What a source sent when the incident opened.
    Opened,
    /// What a source sent with a repeat.
    Folded,
    Noted,
    /// The final note, added at the resolution.
    Resolved,
    /// Why it was reopened.
    Reopened,
    /// What somebody wrote about a task.
    Task,
    /// What somebody wrote in a statement or about it.
    Statement,
}

impl SealedKind {
    /// The `type` of the event that contains it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Folded => "folded",
            Self::Noted => "noted",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Task => "task",
            Self::Statement => "statement",
        }
    }
}

/// Why sealed text cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The data key was destroyed on purpose.
    Purged { at: DateTime<Utc> },
    /// The data key, or the master key that opens it, is missing.
    KeyMissing {
        key: DataKeyId,
        /// The master key that would open it; `None` if the data key itself is missing.
        master: Option<MasterKeyId>,
    },
    /// The text or its key is damaged.
    Damaged { key: DataKeyId },
}

impl Unreadable {
    /// A stable word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Purged { .. } => "purged",
            Self::KeyMissing { .. } => "key-missing",
            Self::Damaged { .. } => "damaged",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purged { at } => write!(out, "purged on {}", instant::to_text(*at)),
            Self::KeyMissing { key, master: None } => write!(out, "its key is missing: data key {key}"),
            Self::KeyMissing { master: Some(master), .. } => write!(out, "its key is missing: master key {master}"),
            Self::Damaged { key } => write!(out, "it, or its data key {key}, is damaged"),
        }
    }
}

/// Identifies a master key without revealing anything about it: 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MasterKeyId([u8; 8]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key's name is 16 hexadecimal digits")]
pub struct BadMasterKeyId;

impl MasterKeyId {
    pub const LENGTH: usize = 16;

    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for MasterKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterKeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl FromStr for MasterKeyId {
    type Err = BadMasterKeyId;

    fn from_str(text: &str) -> Result<Self, BadMasterKeyId> {
        let is_plain = text.len() == Self::LENGTH && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_plain);
        number.map(|number| Self(number.to_be_bytes())).ok_or(BadMasterKeyId)
    }
}

impl TryFrom<String> for MasterKeyId {
    type Error = BadMasterKeyId;
    fn try_from(text: String) -> Result<Self, BadMasterKeyId> {
        text.parse()
    }
}

impl From<MasterKeyId> for String {
    fn from(id: MasterKeyId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_keys_survive_being_written_and_read() {
        for text in ["7Q2K9MXD.0001", "00000000.9999"] {
            assert_eq!(text.parse::<DataKeyId>().unwrap().to_string(), text);
            assert_eq!(text.len(), DataKeyId::LENGTH);
        }
        for text in ["7Q2K9MXD.0000", "7Q2K9MXD.1", "7Q2K9MXD.00001", "7Q2K9MXD", "7Q2K9MX.0001", "7Q2K9MXD.+001"] {
            assert_eq!(text.parse::<DataKeyId>(), Err(BadDataKeyId), "{text}");
        }
        assert_eq!("00ff00ff00ff00ff".parse::<MasterKeyId>().unwrap().to_string(), "00ff00ff00ff00ff");
        for text in ["00FF00FF00FF00FF", "+0ff00ff00ff00ff", "00ff", "xxxxxxxxxxxxxxxx"] {
            assert_eq!(text.parse::<MasterKeyId>(), Err(BadMasterKeyId), "{text}");
        }
    }

    #[test]
    fn words_are_text_or_an_object() {
        let plain = Words::from("done");
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#""done""#);
        let sealed = Words::Sealed(Sealed { sealed: "AAAA".into(), key: "7Q2K9MXD.0001".parse().unwrap() });
        let text = serde_json::to_string(&sealed).unwrap();
        assert_eq!(text, r#"{"sealed":"AAAA","key":"7Q2K9MXD.0001"}"#);
        assert_eq!(serde_json::from_str::<Words>(&text).unwrap(), sealed);
        assert_eq!(format!("{plain:?} {sealed:?}"), "Words(…) Words(sealed)");
    }
}
