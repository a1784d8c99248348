//! How long the record is kept.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// A number of whole days, from a month to a century.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Retention(u32);

/// The text is not a number of days in the allowed range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record is kept for a whole number of days, such as `2192d`, from `30d` to `36525d`")]
pub struct BadRetention;

impl Retention {
    /// As required by 45 CFR 164.316(b)(2), including two leap days.
    pub const SIX_YEARS: Self = Self(2_192);

    /// Anything less is a typo: incidents stay relevant for weeks.
    const FEWEST_DAYS: u32 = 30;

    /// Anything more is a typo, too.
    const MOST_DAYS: u32 = 36_525;

    /// For arithmetic on instants.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::days(self.0.into())
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self::SIX_YEARS
    }
}

impl FromStr for Retention {
    type Err = BadRetention;

    fn from_str(text: &str) -> Result<Self, BadRetention> {
        let digits = text.strip_suffix('d').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let days = digits.and_then(|digits| digits.parse().ok()).ok_or(BadRetention)?;
        if (Self::FEWEST_DAYS..=Self::MOST_DAYS).contains(&days) { Ok(Self(days)) } else { Err(BadRetention) }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}d", self.0)
    }
}

impl TryFrom<String> for Retention {
    type Error = BadRetention;

    fn try_from(text: String) -> Result<Self, BadRetention> {
        text.parse()
    }
}

impl From<Retention> for String {
    fn from(retention: Retention) -> Self {
        retention.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written_and_what_cannot_be_meant_is_refused() {
        for text in ["30d", "2192d", "36525d"] {
            assert_eq!(text.parse::<Retention>().unwrap().to_string(), text);
        }
        for text in ["29d", "0d", "36526d", "2192", "6y", "-30d", "+30d", "30 d", "d", ""] {
            assert_eq!(text.parse::<Retention>(), Err(BadRetention), "{text}");
        }
    }
}
