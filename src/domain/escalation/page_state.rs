//! How attempts and answers change a page that still matters.

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::event::{Because, Channel, Event, Next};
use crate::domain::escalation::incident::{Delivery, Incident, OpenPage, Track};
use crate::domain::further_contact::{ContactPosition, NextContact};
use crate::domain::outcome::Outcome;

impl Next {
    /// Defers the step, if it is the next one.
    pub(in crate::domain::escalation) fn deferred(self, later: Self) -> Self {
        if self.step == later.step { later } else { self }
    }
}

impl Incident {
    pub(in crate::domain::escalation) fn end_attempt(&mut self, at: DateTime<Utc>, event: &Event) {
        let Event::Attempted { page: number, channel, outcome, retry_at, next_contact, next, .. } = event else {
            return;
        };
        let is_open = self.resolved.is_none();
        if let Some(page) = self.owed_page_mut(*number) {
            return page.end_attempt(*channel, outcome, *retry_at, next_contact.as_ref(), at);
        }
        let of_track = |track: &Track| track.pages.iter().position(|page| page.number == *number);
        let found = self.tracks.iter_mut().find_map(|track| of_track(track).map(|index| (track, index)));
        let Some((track, index)) = found else { return };
        track.pages[index].end_attempt(*channel, outcome, *retry_at, next_contact.as_ref(), at);
        let page = &track.pages[index];
        if page.is_dead() && !page.called_off && !page.reminds() {
            let (roster, liaison) = (page.roster.clone(), page.liaison.clone());
            track.call_back(&roster, &liaison, Because::Unreachable);
        }
        let next = next.filter(|_| is_open && (track.is_unanswered() || track.pages[index].reminds()));
        track.next = next.or(track.next);
    }
}

impl OpenPage {
    pub(in crate::domain::escalation) fn reminds(&self) -> bool {
        self.reason.is_for_holder()
    }

    /// Whether every channel has failed permanently.
    pub fn is_dead(&self) -> bool {
        self.pending.is_empty() && !self.accepted
    }

    /// Calls the page off. Only the running process knows which attempts are in flight, so the page keeps a mark: an
    /// attempt that ends later then has the same effect when it is replayed.
    pub(in crate::domain::escalation) fn call_off(&mut self) {
        self.pending.retain(|delivery| delivery.in_flight);
        self.called_off = true;
    }

    pub(in crate::domain::escalation) fn end_attempt(
        &mut self,
        channel: ChannelKind,
        outcome: &Outcome,
        retry_at: Option<DateTime<Utc>>,
        next_contact: Option<&NextContact>,
        now: DateTime<Utc>,
    ) {
        self.accepted |= matches!(outcome, Outcome::Accepted { .. });
        let Some(index) = self.pending.iter().position(|delivery| delivery.by == channel) else { return };
        match (retry_at, next_contact) {
            (Some(retry_at), _) => {
                let delivery = &mut self.pending[index];
                delivery.attempts += 1;
                delivery.at = retry_at;
                delivery.in_flight = false;
            }
            // The channel has not failed as long as the person has another contact there.
            (None, Some(contact)) => return self.pending[index].go_to(contact, now),
            (None, None) => {
                self.pending.remove(index);
                self.pending.shrink_to_fit();
            }
        }
        let failed = !matches!(outcome, Outcome::Accepted { .. });
        let untried = self.pending.iter_mut().filter(|delivery| !delivery.has_failed() && !delivery.in_flight);
        if let Some(following) = untried.min_by_key(|delivery| delivery.at).filter(|_| failed) {
            following.at = following.at.min(now);
        }
    }
}

impl Delivery {
    pub(in crate::domain::escalation) fn planned(channel: &Channel) -> Self {
        Self {
            by: channel.by,
            to: channel.to.as_str().into(),
            refused: Vec::new(),
            at: channel.at,
            attempts: 0,
            in_flight: false,
        }
    }

    /// Gives the current contact up and tries another one immediately.
    fn go_to(&mut self, contact: &NextContact, now: DateTime<Utc>) {
        self.refused.push(std::mem::replace(&mut self.to, contact.to.clone()));
        self.at = now;
        self.attempts = 0;
        self.in_flight = false;
    }

    /// Whether an attempt has failed, at this contact or one before.
    pub fn has_failed(&self) -> bool {
        self.attempts > 0 || !self.refused.is_empty()
    }

    /// Whether an attempt at the contact that it goes to now has failed.
    pub fn has_failed_here(&self) -> bool {
        self.attempts > 0
    }

    /// Which of the person's contacts it goes to.
    pub fn contact(&self) -> ContactPosition {
        ContactPosition::after(self.refused.len())
    }

    /// The contact that the page tried first.
    pub fn first_contact(&self) -> &str {
        self.refused.first().unwrap_or(&self.to)
    }

    /// The contacts that were tried, with the current one.
    pub(in crate::domain::escalation) fn tried(&self) -> impl Iterator<Item = &str> + Clone {
        self.refused.iter().map(AsRef::as_ref).chain([self.to.as_ref()])
    }
}
