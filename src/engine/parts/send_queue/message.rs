//! One message: whom it goes to, which pages it carries, and what became of it.

use std::sync::Arc;

use crate::domain::contact::ChannelKind;
use crate::domain::id::{LiaisonId, PageId};
use crate::domain::outcome::Outcome;

/// One message has at most this many pages: more than a person is ever paged about within minutes. The list behind its link
/// has what is left as well.
pub const PAGES_MAX: usize = 10_000;

/// Whom one message goes to: real pages and drills never share one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient {
    /// The address or number in small letters: rosters may write one address in two ways.
    pub to: Box<str>,
    pub liaison: LiaisonId,
    pub drill: bool,
}

/// One message that may go now.
#[derive(Debug, Clone)]
pub struct Message {
    pub channel: ChannelKind,
    pub recipient: Arc<Recipient>,
    /// The address or number as a roster has it.
    pub to: Box<str>,
    /// At least one; the gravest first.
    pub pages: Vec<PageId>,
    /// Counts the channel's messages.
    pub number: u64,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A provider took it over.
    Accepted,
    Failed,
    /// It was never sent: nobody needed any of its pages any more.
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
