//! Where a track is on its ladder, what comes next, and why somebody is not paged.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::page::PageReason;

/// A position on a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepPosition {
    /// The ladder's step at this position, from 0.
    Step(u16),
    /// A repeat of the whole ladder, numbered from 1.
    Repeat(u32),
    /// The people who answer for a department that cannot.
    LastResort,
}

/// What a track does next unless someone acknowledges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub step: StepPosition,
    /// Why it runs then.
    pub reason: PageReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// No one is on call for the role.
    NobodyOnCall,
    /// Named as involved, or shares a contact with someone who is.
    Involved,
    /// Declined before.
    Declined,
    /// No channel reached them.
    Unreachable,
    /// Already paged after this step was due.
    PagedAlready,
    /// Has no contact on a channel that is set up.
    NoChannel,
    Left,
    /// Did not answer in time.
    NoAnswer,
}

impl Because {
    /// The reason in words, to follow a name.
    pub fn words(self) -> &'static str {
        match self {
            Self::NobodyOnCall => "nobody is on call",
            Self::Involved => "involved in the incident",
            Self::Declined => "can’t take it",
            Self::Unreachable => "could not be reached",
            Self::PagedAlready => "has just been paged",
            Self::NoChannel => "has no usable address",
            Self::Left => "is no longer in any roster",
            Self::NoAnswer => "did not answer in time",
        }
    }
}
