//! How grave an incident is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How grave an incident is, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody needs to hurry.
    Low,
    /// Wants an answer within hours.
    Moderate,
    /// Wants an answer now, in working hours and after.
    High,
    /// A life, or the hospital, may be at stake.
    Critical,
}

impl Severity {
    /// All of them, in rising order.
    pub const ALL: [Self; 4] = [Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// The word that files, pages and answers use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// The word is none of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a severity is `critical`, `high`, `moderate` or `low`")]
pub struct BadSeverity;

impl FromStr for Severity {
    type Err = BadSeverity;
    fn from_str(text: &str) -> Result<Self, BadSeverity> {
        Self::ALL.into_iter().find(|severity| severity.word() == text).ok_or(BadSeverity)
    }
}
