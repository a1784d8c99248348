//! How serious an incident is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How serious an incident is, in ascending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not urgent.
    Low,
    /// Needs an answer within hours.
    Moderate,
    /// Needs an answer now, during and after working hours.
    High,
    /// Lives or the hospital itself may be at stake.
    Critical,
}

impl Severity {
    /// All severities, in ascending order.
    pub const ALL: [Self; 4] = [Self::Low, Self::Moderate, Self::High, Self::Critical];

    /// The word used in files, pages and responses.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a severity must be `critical`, `high`, `moderate` or `low`")]
pub struct BadSeverity;

impl FromStr for Severity {
    type Err = BadSeverity;
    fn from_str(text: &str) -> Result<Self, BadSeverity> {
        Self::ALL.into_iter().find(|severity| severity.word() == text).ok_or(BadSeverity)
    }
}
