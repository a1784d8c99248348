//! What came of an incident, and on what terms one is resolved or reopened.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What came of an incident. The words are recorded and must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResolvedAs {
    /// The departments did what the matter needed.
    Handled,
    /// Somebody outside Wardbell goes on with it, such as the police, counsel, or the network.
    HandedToOthers,
    /// It was real, and nothing had to be done.
    NoActionNeeded,
    /// It was not what it was reported as.
    FalseAlarm,
    /// Another incident is about the same matter.
    Duplicate,
}

/// The text is not the word of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`outcome` must be `handled`, `handed-to-others`, `no-action-needed`, `false-alarm`, or `duplicate`")]
pub struct UnknownOutcome;

impl ResolvedAs {
    pub const ALL: [Self; 5] =
        [Self::Handled, Self::HandedToOthers, Self::NoActionNeeded, Self::FalseAlarm, Self::Duplicate];

    /// The word in the API, on the command line, and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::HandedToOthers => "handed-to-others",
            Self::NoActionNeeded => "no-action-needed",
            Self::FalseAlarm => "false-alarm",
            Self::Duplicate => "duplicate",
        }
    }

    /// To follow "resolved:".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Handled => "handled",
            Self::HandedToOthers => "handed to others",
            Self::NoActionNeeded => "no action needed",
            Self::FalseAlarm => "false alarm",
            Self::Duplicate => "duplicate of another incident",
        }
    }
}

impl fmt::Display for ResolvedAs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl FromStr for ResolvedAs {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|one| one.word() == text).ok_or(UnknownOutcome)
    }
}

/// How somebody resolves an incident.
#[derive(Debug, Clone)]
pub struct Resolve {
    pub outcome: Option<ResolvedAs>,
    /// A final note.
    pub note: Option<String>,
    pub early: Early,
}

/// Whether somebody may resolve what not every department has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Early {
    Allowed,
    /// The final note says why.
    WithReason,
    Refused,
}

impl Resolve {
    /// Without an outcome or a note, whoever has acknowledged.
    pub fn plainly() -> Self {
        Self { outcome: None, note: None, early: Early::Allowed }
    }
}

/// Whether repeats of an incident that is reopened can find it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DedupKey {
    Free,
    /// Another incident has been opened under the same key, and is open.
    Taken,
}
