//! Durations as configuration files write them: `90s`, `5m`, `1h`, `2d`.

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// At most one leap year: anything longer is a typo.
const LONGEST_SECONDS: u32 = 366 * 86_400;

/// A duration in whole seconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Wait(u32);

/// The text is not a number and a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a duration is a whole number and a unit, such as `90s`, `5m`, `1h` or `2d`, at most 366 days")]
pub struct BadWait;

impl Wait {
    pub const ZERO: Self = Self(0);

    pub const fn seconds(seconds: u32) -> Self {
        Self(seconds)
    }

    pub const fn minutes(minutes: u32) -> Self {
        Self(minutes * 60)
    }

    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// For arithmetic on instants.
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(self.0.into())
    }
}

/// A duration in all its units, such as `1h 30m` or `2d 16h`; `None` if it is shorter than a second.
pub fn in_units(length: TimeDelta) -> Option<String> {
    let seconds = length.num_seconds().max(0);
    let units = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let told: Vec<String> =
        units.iter().filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    (!told.is_empty()).then(|| told.join(" "))
}

impl FromStr for Wait {
    type Err = BadWait;

    fn from_str(text: &str) -> Result<Self, BadWait> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit_seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(BadWait),
        };
        let seconds = number.parse::<u32>().ok().and_then(|number| number.checked_mul(unit_seconds)).ok_or(BadWait)?;
        if seconds > LONGEST_SECONDS { Err(BadWait) } else { Ok(Self(seconds)) }
    }
}

impl fmt::Display for Wait {
    /// Uses the largest unit that divides it: `90s`, `5m`, `1h`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (length, unit) = [(86_400, "d"), (3_600, "h"), (60, "m")]
            .into_iter()
            .find(|(length, _)| self.0 != 0 && self.0.is_multiple_of(*length))
            .unwrap_or((1, "s"));
        write!(out, "{}{unit}", self.0 / length)
    }
}

impl TryFrom<String> for Wait {
    type Error = BadWait;
    fn try_from(text: String) -> Result<Self, BadWait> {
        text.parse()
    }
}

impl From<Wait> for String {
    fn from(wait: Wait) -> String {
        wait.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_their_units() {
        for (seconds, text) in [(90, "1m 30s"), (300, "5m"), (5_400, "1h 30m"), (183_600, "2d 3h")] {
            assert_eq!(in_units(TimeDelta::seconds(seconds)).as_deref(), Some(text));
        }
        assert_eq!(in_units(TimeDelta::zero()), None);
    }

    #[test]
    fn waits_are_read_and_written() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("5m", 300), ("1h", 3_600), ("2d", 172_800)] {
            let wait: Wait = text.parse().unwrap();
            assert_eq!((wait.as_seconds(), wait.to_string().as_str()), (seconds, text));
        }
        assert_eq!("120s".parse::<Wait>().unwrap().to_string(), "2m");
        for text in ["", "5", "m", "-5m", "5 m", "1.5h", "1h30m", "367d", "99999999999s", "٣m"] {
            assert_eq!(text.parse::<Wait>(), Err(BadWait), "{text}");
        }
    }
}
