//! The pages that an event creates, and the people who get none.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::position::Because;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::playbook::ladder::Target;
use crate::domain::roster::on_call::Why;

/// A page was created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paged {
    /// Numbers the incident's pages from 1.
    pub number: u32,
    pub liaison: LiaisonId,
    pub name: String,
    /// The roster that lists them.
    pub roster: DepartmentId,
    /// The role they were found in.
    pub role: Role,
    /// The line and the rule that selected them.
    pub why: Why,
    /// The hash of the link token.
    pub link: Digest,
    /// The channels, in order of time.
    pub channels: Vec<Channel>,
}

/// A page's delivery over one channel.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    pub by: ChannelKind,
    pub to: String,
    /// When it is first tried.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for Channel {
    /// Keeps addresses out of logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} at {}", self.by, self.at)
    }
}

/// Someone was not paged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Whom the step wanted to page.
    pub target: Target,
    /// The person found, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liaison: Option<LiaisonId>,
    pub because: Because,
}
