//! What became of one attempt to hand a page to a channel's provider.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What became of one attempt. The record keeps it, so its words stay.
///
/// A code is short and stable, such as `smtp-450`, `twilio-21610`, `timeout` or `connection-refused`. It is never the
/// provider's own text, which may hold addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The provider took the page. That is not yet "delivered", still less "seen".
    Accepted {
        /// The provider's name for the message, for questions to it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_id: Option<String>,
    },
    /// Nothing final: the same channel may take the page later on.
    Retry {
        /// What happened.
        code: String,
        /// How long the provider asks to be left alone, in whole milliseconds.
        #[serde(default, rename = "after_ms", with = "milliseconds", skip_serializing_if = "Option::is_none")]
        after: Option<Duration>,
        /// More than this many retries for this code are of no use.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
    },
    /// This channel will not take this page.
    Permanent {
        /// What happened.
        code: String,
        /// Who can mend it.
        blame: Blame,
    },
}

/// Who can mend what stopped a page for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The person: opted out, or with a full mailbox.
    Recipient,
    /// Whoever keeps the roster: the address or number is wrong.
    Roster,
    /// Whoever runs wardbell: the account, the sender or the settings.
    Account,
}

impl fmt::Display for Blame {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Recipient => "recipient",
            Self::Roster => "roster",
            Self::Account => "account",
        })
    }
}

impl Outcome {
    /// Nothing final, and the provider asks for no pause.
    pub fn retry(code: impl Into<String>) -> Self {
        Self::Retry { code: code.into(), after: None, at_most: None }
    }

    /// Final.
    pub fn permanent(code: impl Into<String>, blame: Blame) -> Self {
        Self::Permanent { code: code.into(), blame }
    }

    /// The code of a failure.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Accepted { .. } => None,
            Self::Retry { code, .. } | Self::Permanent { code, .. } => Some(code),
        }
    }
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(after: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
        after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)).serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(input)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_keeps_every_outcome() {
        let retry =
            Outcome::Retry { code: "twilio-30003".into(), after: Some(Duration::from_millis(1_500)), at_most: Some(1) };
        for (outcome, json) in [
            (Outcome::Accepted { provider_id: Some("SM1".into()) }, r#"{"outcome":"accepted","provider_id":"SM1"}"#),
            (Outcome::Accepted { provider_id: None }, r#"{"outcome":"accepted"}"#),
            (retry, r#"{"outcome":"retry","code":"twilio-30003","after_ms":1500,"at_most":1}"#),
            (Outcome::retry("smtp-450"), r#"{"outcome":"retry","code":"smtp-450"}"#),
            (
                Outcome::permanent("smtp-550", Blame::Roster),
                r#"{"outcome":"permanent","code":"smtp-550","blame":"roster"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&outcome).unwrap(), json);
            assert_eq!(serde_json::from_str::<Outcome>(json).unwrap(), outcome);
        }
    }
}
