//! One message: its recipient, its pages, and its outcome.

use std::sync::Arc;

use crate::domain::contact::ChannelKind;
use crate::domain::id::{LiaisonId, PageId};
use crate::domain::outcome::Outcome;

/// The most pages in one message. The list behind its link shows the rest.
pub const PAGES_MAX: usize = 10_000;

/// The recipient of a message; real pages and drills never share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient {
    /// The person's first address or number in lowercase, because rosters may write it in two ways.
    pub first_contact: Box<str>,
    pub liaison: LiaisonId,
    pub drill: bool,
}

/// One message that may be sent now.
#[derive(Debug, Clone)]
pub struct Message {
    pub channel: ChannelKind,
    pub recipient: Arc<Recipient>,
    /// The address or number as a roster has it.
    pub to: Box<str>,
    /// At least one; the most severe first.
    pub pages: Vec<PageId>,
    /// Counts the channel's messages.
    pub number: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A provider accepted it.
    Accepted,
    Failed,
    /// It was never sent because its pages were no longer needed.
    NotSent,
}

impl From<&Outcome> for Ended {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Accepted { .. } => Self::Accepted,
            Outcome::Retry { .. } | Outcome::Permanent { .. } => Self::Failed,
        }
    }
}
