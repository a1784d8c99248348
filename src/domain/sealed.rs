//! Words that are protected: as they were written, or sealed under a data key that lies outside the record.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::IncidentId;
use crate::domain::instant;

/// Which data key: the incident whose words it seals, and which of its keys, counted from 1.
///
/// An incident has a second one only where the first could not be opened any more when further words came. Written
/// `7Q2K9MXD.0001`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DataKeyId {
    /// Whose words it seals.
    pub incident: IncidentId,
    /// Counts the incident's keys from 1.
    pub generation: u16,
}

/// The text names no data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a data key is named by its incident and a number, such as `7Q2K9MXD.0001`")]
pub struct BadDataKeyId;

impl DataKeyId {
    /// How many characters its text has.
    pub const LENGTH: usize = 13;

    /// The last generation that there can be.
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

/// Words that only the holder of a data key can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// Nonce, ciphertext and tag in base 64.
    pub sealed: Box<str>,
    /// Under which data key.
    pub key: DataKeyId,
}

/// A note: in the record either as it was written, or sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// As they were written: treat them as protected health information.
    Plain(String),
    /// For the holder of the key alone.
    Sealed(Sealed),
}

impl Words {
    /// The words, unless they are sealed.
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
    /// The words stay out of logs and errors.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.plain().is_some() { "Words(…)" } else { "Words(sealed)" })
    }
}

/// What a ciphertext stands for: one that was moved to another kind of record does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedKind {
    /// What a source sent when the incident opened.
    Opened,
    /// What a source sent with a repeat.
    Folded,
    /// A note.
    Noted,
    /// The last word at the resolution.
    Resolved,
}

impl SealedKind {
    /// The `type` of the event that holds it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Folded => "folded",
            Self::Noted => "noted",
            Self::Resolved => "resolved",
        }
    }
}

/// Why sealed words cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Their data key was destroyed on purpose.
    Purged {
        /// When.
        at: DateTime<Utc>,
    },
    /// Their data key is not there, or the master key that opens it.
    KeyMissing {
        /// The data key.
        key: DataKeyId,
        /// The master key that would open it; none where the data key itself is not there.
        master: Option<MasterKeyId>,
    },
    /// Either they or their key are not what was written.
    Damaged {
        /// The data key.
        key: DataKeyId,
    },
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
            Self::Damaged { key } => write!(out, "it, or its data key {key}, is not what was written"),
        }
    }
}

/// Names a master key without telling anything of it: 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MasterKeyId([u8; 8]);

/// The text names no master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is named by 16 hexadecimal digits")]
pub struct BadMasterKeyId;

impl MasterKeyId {
    /// How many characters its text has.
    pub const LENGTH: usize = 16;

    /// The name made of these bytes.
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
