//! What is to be sent: a fair queue for each channel, so that no storm, hanging recipient or slow provider delays others,
//! and one message for all that waits for one person.
//!
//! Pure: it reads no clock, and what goes when follows from what was put in, what ended and the times that it is given.

mod lane;
mod line;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::bundling::Bundling;
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::delivery::Dispatch;
use crate::domain::id::{LiaisonId, PageId};
use crate::domain::outcome::Outcome;
use crate::engine::outbox::lane::Lane;

/// One message has at most this many pages: more than a person is ever paged about within minutes. The list behind its link
/// has what is left as well.
const PAGES_MAX: usize = 10_000;

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
    number: u64,
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

/// All that waits to be sent, and how much is on its way.
pub struct Outbox {
    lanes: HashMap<ChannelKind, Lane>,
    /// How many messages may be on their way at once; a channel that is not in it sends nothing.
    at_once: BTreeMap<ChannelKind, usize>,
}

impl Outbox {
    /// An empty one, with each provider's limit of messages on their way at once.
    pub fn new(at_once: BTreeMap<ChannelKind, usize>) -> Self {
        Self { lanes: HashMap::new(), at_once }
    }

    /// Puts a page that is due in its recipient's queue.
    pub fn push(&mut self, dispatch: Dispatch, now: DateTime<Utc>, bundling: Bundling) {
        self.lanes.entry(dispatch.channel).or_default().push(dispatch, now, bundling);
    }

    /// The next message that may go now.
    pub fn pop(&mut self, now: DateTime<Utc>, bundling: Bundling) -> Option<Message> {
        let mut limits = self.at_once.iter();
        limits.find_map(|(channel, at_once)| self.lanes.get_mut(channel)?.pop(*channel, *at_once, now, bundling))
    }

    /// When something that waits may go, unless room is made before.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.lanes.values().filter_map(Lane::next_timeout).min()
    }

    /// A message has ended, and makes room.
    pub fn end(&mut self, message: &Message, ended: Ended, now: DateTime<Utc>, bundling: Bundling) {
        if let Some(lane) = self.lanes.get_mut(&message.channel) {
            lane.end(message, ended, now, bundling);
        }
    }

    /// The wall clock jumped ahead: all waits keep their length.
    pub fn shift(&mut self, by: TimeDelta) {
        self.lanes.values_mut().for_each(|lane| lane.shift(by));
    }

    /// How many messages are on their way.
    pub fn on_their_way(&self) -> usize {
        self.lanes.values().map(|lane| lane.on_their_way).sum()
    }

    /// How many pages wait.
    pub fn waiting(&self) -> usize {
        self.lanes.values().map(Lane::waiting).sum()
    }

    /// How many recipients have a message that may go as soon as there is room.
    pub fn ready(&self) -> usize {
        self.lanes.values().map(Lane::ready).sum()
    }

    /// Takes everything that waits, as when the daemon ends: it is sent after the next start.
    pub fn clear(&mut self) -> Vec<(PageId, ChannelKind)> {
        let lanes = self.lanes.iter_mut();
        lanes.flat_map(|(channel, lane)| lane.clear().into_iter().map(|page| (page, *channel))).collect()
    }
}

#[cfg(test)]
mod tests;
