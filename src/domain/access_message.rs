//! Messages to people who sign in: a code, or a test that they asked for. They are never bundled, and no page waits for one.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::page::HospitalName;

/// How many digits a code has.
const DIGITS: usize = 6;

/// How many codes there are.
const CODES: u64 = 1_000_000;

/// Six digits. They have no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInCode(String);

impl SignInCode {
    /// A code of random bits: enough of them that each code is as likely as any other.
    pub fn from_random(bits: [u8; 8]) -> Self {
        let number = u64::from_be_bytes(bits) % CODES;
        Self(format!("{number:0width$}", width = DIGITS))
    }

    /// The digits. Write them into the message and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// For comparing in the same time whatever was typed.
    pub fn hash(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// The hash of what was typed or pasted, spaces and hyphens left out.
    pub fn hash_of(typed: &str) -> Digest {
        let digits: String = typed.chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
        Digest::of(digits.as_bytes())
    }
}

impl fmt::Debug for SignInCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SignInCode(…)")
    }
}

/// Everything a message about signing in can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessMessage {
    pub hospital: HospitalName,
    pub channel: ChannelKind,
    pub about: AccessNews,
    /// Wall clock; the same across all attempts.
    pub written_at: DateTime<Utc>,
    /// Tells messages of one instant apart.
    pub number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessNews {
    /// A code to sign in with, and the local time until which it is good.
    Code { code: SignInCode, until: String },
    /// Somebody signed in with an emergency code, at that local time, with the address of `by`.
    EmergencyCodeUsed { number: u32, at: String, by: String },
    /// The same, for the person whose address was entered.
    EmergencyCodeInYourName { number: u32, at: String },
    /// A test that a person asked for, on that local day.
    Test { day: NaiveDate },
}

impl AccessNews {
    /// For the log, in front of what came of it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Code { .. } => "a sign-in code",
            Self::Test { .. } => "a test message",
            Self::EmergencyCodeInYourName { .. } | Self::EmergencyCodeUsed { .. } => {
                "the news that an emergency code was used"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_is_recognized_however_it_is_typed() {
        let code = SignInCode::from_random(42u64.to_be_bytes());
        assert_eq!((code.reveal(), format!("{code:?}").as_str()), ("000042", "SignInCode(…)"));
        for typed in ["000042", " 000 042\n", "000-042"] {
            assert_eq!(SignInCode::hash_of(typed), code.hash(), "{typed}");
        }
        assert_ne!(SignInCode::hash_of("42"), code.hash());
        assert_eq!(SignInCode::from_random(u64::MAX.to_be_bytes()).reveal().len(), 6);
    }
}
