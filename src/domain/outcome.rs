//! What became of one try to hand a page to a channel's provider.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a provider said to one attempt.
///
/// Codes are short and stable, such as `smtp-450`, `twilio-21610` or `timeout`; a provider's free text is never kept,
/// as it may repeat addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The provider took it over. That is not yet seen by anybody.
    Accepted {
        /// The provider's own id.
        provider_id: Option<String>,
    },
    /// Not now: try again.
    Retry {
        /// What went wrong.
        code: String,
        /// The provider asks for at least this pause.
        after: Option<Duration>,
        /// Try again at most this often, where the fault is known not to last or to last for ever.
        at_most: Option<u32>,
    },
    /// Never over this channel.
    Permanent {
        /// What went wrong.
        code: String,
        /// Who can mend it.
        blame: Blame,
    },
}

/// Who can mend a permanent failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blame {
    /// The recipient, such as by opting in again.
    Recipient,
    /// Whoever keeps the roster: the number or address is wrong.
    Roster,
    /// Whoever keeps the account at the provider.
    Account,
}
