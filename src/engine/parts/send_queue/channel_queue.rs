//! One channel's queue: recipients take turns.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::bundling::Bundling;
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::delivery::Dispatch;
use crate::domain::id::PageId;
use crate::engine::parts::send_queue::message::{Ended, Message, Recipient};
use crate::engine::parts::send_queue::recipient_queue::{AT_ONCE, Place, RecipientQueue, Waiting};

#[derive(Default)]
pub struct ChannelQueue {
    lines: HashMap<Arc<Recipient>, RecipientQueue>,
    turns: VecDeque<Arc<Recipient>>,
    timers: BTreeSet<(DateTime<Utc>, Arc<Recipient>)>,
    /// Idle recipients, and when they can be forgotten.
    quiet: BTreeSet<(DateTime<Utc>, Arc<Recipient>)>,
    pub on_their_way: usize,
    /// How many messages it has released.
    let_go: u64,
}

impl ChannelQueue {
    pub fn push(&mut self, dispatch: Dispatch, now: DateTime<Utc>, bundling: Bundling) {
        let Dispatch { page, to, first_contact, liaison, drill, severity, is_retry, .. } = dispatch;
        let first_contact = first_contact.to_ascii_lowercase().into();
        let recipient = Arc::new(Recipient { first_contact, liaison, drill });
        let recipient = self.lines.get_key_value(&recipient).map_or(recipient, |(known, _)| Arc::clone(known));
        let line = self.lines.entry(Arc::clone(&recipient)).or_default();
        line.push(to, Waiting { page, severity, is_retry });
        self.place(&recipient, now, bundling);
    }

    /// The next message that may go now, while fewer than `at_once` are in flight.
    pub fn pop(
        &mut self,
        channel: ChannelKind,
        at_once: usize,
        now: DateTime<Utc>,
        bundling: Bundling,
    ) -> Option<Message> {
        self.promote(now);
        if self.on_their_way >= at_once {
            return None;
        }
        // Once half of the slots are in use, no recipient gets a second one.
        let each = if self.on_their_way < at_once / 2 { AT_ONCE } else { 1 };
        let free = |queue: &Self| {
            let mut turns = queue.turns.iter();
            turns.position(|to| queue.lines.get(to).is_none_or(|line| line.flights() < each))
        };
        while let Some(turn) = free(self) {
            let recipient = self.turns.remove(turn)?;
            let line = self.lines.get_mut(&recipient)?;
            line.place = Place::Nowhere;
            // Another message may have been accepted while it waited for a slot.
            let taken = line.take(self.let_go + 1, now, bundling);
            self.place(&recipient, now, bundling);
            let Some((to, pages)) = taken else { continue };
            self.let_go += 1;
            self.on_their_way += 1;
            return Some(Message { channel, recipient, to, pages, number: self.let_go });
        }
        None
    }

    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.timers.first().map(|(at, _)| *at)
    }

    pub fn end(&mut self, message: &Message, ended: Ended, now: DateTime<Utc>, bundling: Bundling) {
        self.on_their_way = self.on_their_way.saturating_sub(1);
        if let Some(line) = self.lines.get_mut(&message.recipient) {
            line.end(message.number, ended, now);
            self.place(&message.recipient, now, bundling);
        }
        self.forget(now, bundling);
    }

    pub fn shift(&mut self, by: TimeDelta) {
        self.lines.values_mut().for_each(|line| line.shift(by));
        for timers in [&mut self.timers, &mut self.quiet] {
            *timers = std::mem::take(timers).into_iter().map(|(at, recipient)| (at + by, recipient)).collect();
        }
    }

    pub fn ready(&self) -> usize {
        self.turns.len()
    }

    pub fn waiting(&self) -> usize {
        self.lines.values().map(RecipientQueue::len).sum()
    }

    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.turns.is_empty() && self.timers.is_empty() && self.quiet.is_empty()
    }

    pub fn clear(&mut self) -> Vec<PageId> {
        self.turns.clear();
        self.timers.clear();
        self.quiet.clear();
        let mut cleared = Vec::new();
        self.lines.retain(|_, line| {
            line.place = Place::Nowhere;
            cleared.extend(line.clear());
            line.flights() > 0
        });
        cleared
    }

    /// Queues a recipient: ready if something may be sent now, else on a timer.
    fn place(&mut self, recipient: &Arc<Recipient>, now: DateTime<Utc>, bundling: Bundling) {
        let Some(line) = self.lines.get_mut(recipient).filter(|line| line.place != Place::Turn) else { return };
        let goes_at = line.goes_at(bundling);
        let forgotten_at = line.forgotten_at(bundling);
        let place = match goes_at {
            None => Place::Nowhere,
            Some(at) if at <= now => Place::Turn,
            Some(at) => Place::Timer(at),
        };
        let before = std::mem::replace(&mut line.place, place);
        if let Place::Timer(at) = before {
            self.timers.remove(&(at, Arc::clone(recipient)));
        }
        match place {
            Place::Nowhere => {}
            Place::Turn => self.turns.push_back(Arc::clone(recipient)),
            Place::Timer(at) => drop(self.timers.insert((at, Arc::clone(recipient)))),
        }
        if let Some(at) = forgotten_at {
            self.quiet.insert((at, Arc::clone(recipient)));
        }
    }

    /// Makes recipients ready whose timer has passed.
    fn promote(&mut self, now: DateTime<Utc>) {
        while let Some((at, recipient)) = self.timers.pop_first() {
            if at > now {
                self.timers.insert((at, recipient));
                return;
            }
            if let Some(line) = self.lines.get_mut(&recipient) {
                line.place = Place::Turn;
                self.turns.push_back(recipient);
            }
        }
    }

    /// Forgets idle recipients.
    fn forget(&mut self, now: DateTime<Utc>, bundling: Bundling) {
        while let Some((at, recipient)) = self.quiet.pop_first() {
            if at > now {
                self.quiet.insert((at, recipient));
                return;
            }
            // If something is waiting or in flight, its end comes back here.
            match self.lines.get(&recipient).and_then(|line| line.forgotten_at(bundling)) {
                Some(at) if at <= now => drop(self.lines.remove(&recipient)),
                Some(later) => drop(self.quiet.insert((later, recipient))),
                None => {}
            }
        }
        if self.lines.is_empty() {
            self.lines.shrink_to(1_024);
        }
    }
}
