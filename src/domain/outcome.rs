//! The outcome of one attempt to hand a page to a channel's provider.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The outcome of one attempt. It is recorded, so its serialized words must not change.
///
/// A code is short and stable, such as `smtp-450`, `twilio-21610`, `timeout` or `connection-refused`. It never contains
/// the provider's own text, which may include addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The provider accepted the page. It may not have been delivered or seen yet.
    Accepted {
        /// The provider's id for the message, for status queries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider_id: Option<String>,
    },
    /// A temporary failure: the same channel may accept the page later.
    Retry {
        code: String,
        /// The pause the provider asks for, in whole milliseconds.
        #[serde(default, rename = "after_ms", with = "milliseconds", skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<u64>")]
        after: Option<Duration>,
        /// The maximum number of retries worth making for this code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u32>,
    },
    /// This channel will not accept this page.
    Permanent {
        code: String,
        /// Who can fix it.
        blame: Blame,
    },
}

/// Who can fix a permanent failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The recipient: opted out, or a full mailbox.
    Recipient,
    /// The roster's maintainer: the address or number is wrong.
    Roster,
    /// The Wardbell administrator: the account, the sender or the settings.
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
    /// A temporary failure without a pause requested by the provider.
    pub fn retry(code: impl Into<String>) -> Self {
        Self::Retry { code: code.into(), after: None, at_most: None }
    }

    pub fn permanent(code: impl Into<String>, blame: Blame) -> Self {
        Self::Permanent { code: code.into(), blame }
    }

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
