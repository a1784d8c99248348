//! The send queue: a fair queue per channel, so that no storm, hanging recipient, or slow provider delays others, and
//! one message for all pages waiting for one person.
//!
//! Pure: it reads no clock; all times are passed in.

mod channel_queue;
pub mod message;
mod recipient_queue;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::bundling::Bundling;
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::delivery::Dispatch;
use crate::domain::id::PageId;
use crate::engine::parts::send_queue::channel_queue::ChannelQueue;
use crate::engine::parts::send_queue::message::{Ended, Message};

/// Waiting pages and messages in flight.
pub struct SendQueue {
    channels: HashMap<ChannelKind, ChannelQueue>,
    /// The most messages in flight per channel; a channel that is not listed sends nothing.
    at_once: BTreeMap<ChannelKind, usize>,
}

impl SendQueue {
    /// An empty queue with each provider's limit of messages in flight.
    pub fn new(at_once: BTreeMap<ChannelKind, usize>) -> Self {
        Self { channels: HashMap::new(), at_once }
    }

    /// Puts a page that is due in its recipient's queue.
    pub fn push(&mut self, dispatch: Dispatch, now: DateTime<Utc>, bundling: Bundling) {
        self.channels.entry(dispatch.channel).or_default().push(dispatch, now, bundling);
    }

    /// The next message that may be sent now.
    pub fn pop(&mut self, now: DateTime<Utc>, bundling: Bundling) -> Option<Message> {
        let mut limits = self.at_once.iter();
        limits.find_map(|(channel, at_once)| self.channels.get_mut(channel)?.pop(*channel, *at_once, now, bundling))
    }

    /// When something may be sent next, unless a slot becomes free earlier.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.channels.values().filter_map(ChannelQueue::next_timeout).min()
    }

    /// A message has finished and frees its slot.
    pub fn end(&mut self, message: &Message, ended: Ended, now: DateTime<Utc>, bundling: Bundling) {
        if let Some(queue) = self.channels.get_mut(&message.channel) {
            queue.end(message, ended, now, bundling);
        }
    }

    /// The wall clock jumped ahead: shifts all timeouts.
    pub fn shift(&mut self, by: TimeDelta) {
        self.channels.values_mut().for_each(|queue| queue.shift(by));
    }

    /// How many messages are in flight.
    pub fn on_their_way(&self) -> usize {
        self.channels.values().map(|queue| queue.on_their_way).sum()
    }

    /// Whether a channel has no message ready and room for one.
    pub fn is_free(&self, channel: ChannelKind) -> bool {
        let at_once = self.at_once.get(&channel).copied().unwrap_or_default();
        let queue = self.channels.get(&channel);
        at_once > 0 && queue.is_none_or(|queue| queue.ready() == 0 && queue.on_their_way < at_once)
    }

    pub fn waiting(&self) -> usize {
        self.channels.values().map(ChannelQueue::waiting).sum()
    }

    /// How many recipients have a message ready to send.
    pub fn ready(&self) -> usize {
        self.channels.values().map(ChannelQueue::ready).sum()
    }

    /// Removes everything waiting, for shutdown; it is sent after the next start.
    pub fn clear(&mut self) -> Vec<(PageId, ChannelKind)> {
        let channels = self.channels.iter_mut();
        channels.flat_map(|(channel, queue)| queue.clear().into_iter().map(|page| (page, *channel))).collect()
    }
}

#[cfg(test)]
mod tests;
