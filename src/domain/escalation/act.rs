//! External events: someone is involved, or an attempt ended.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::answer::somebody_else_is_paged;
use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Event, Next};
use crate::domain::escalation::incident::{Delivery, OpenPage, Track};
use crate::domain::escalation::owed::page::PageScope;
use crate::domain::further_contact::{ContactPosition, NextContact};
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::page::PageReason;
use crate::domain::plan::Search;

/// The maximum number of retries: they take more than an hour, after which the provider will not recover in time.
const RETRIES_MAX: u32 = 80;

/// The first pause between attempts; each further one is twice as long.
const FIRST_PAUSE_MS: i64 = 1_000;

/// The longest pause, whatever a provider asks for: a provider that recovers should be used soon.
const LONGEST_PAUSE_MS: i64 = 60_000;

impl Draft<'_> {
    /// Stops asking people who are now involved, and takes back what they have acknowledged.
    pub(in crate::domain::escalation) fn call_back_involved(&mut self) {
        if self.incident.involved.is_empty() {
            return;
        }
        let is_open = self.incident.resolved.is_none();
        let of_tracks = |draft: &Self| draft.incident.tracks.iter().find_map(|track| draft.called_back(track));
        while let Some(event) = of_tracks(self).filter(|_| is_open).or_else(|| self.owed_called_back()) {
            self.push(event);
        }
    }

    /// Somebody who is involved is not asked for what is owed.
    fn owed_called_back(&self) -> Option<Event> {
        let search = Search::new(self.context.plan, self.context.now.wall, &self.incident.involved);
        let mut pages = self.incident.owed_pages().iter().filter(|owed| !owed.page.called_off);
        let owed = pages.find(|owed| search.is_involved(&owed.page.roster, &owed.page.liaison))?;
        let (roster, liaison) = (owed.page.roster.clone(), owed.page.liaison.clone());
        Some(Event::Withdrawn { department: owed.department.clone(), liaison, roster, next: None })
    }

    fn called_back(&self, track: &Track) -> Option<Event> {
        let search = Search::new(self.context.plan, self.context.now.wall, &self.incident.involved);
        let mut holder = track.acknowledged.iter().flat_map(|acknowledged| acknowledged.by.entries());
        let has_it = holder.find(|one| search.is_involved(one.roster, one.liaison));
        let has_it = has_it.map(|holder| (holder.roster, holder.liaison));
        // A person paged as the last resort was already involved, and is only asked to name someone else.
        let mut paged = track.pages.iter().filter(|page| !page.called_off && page.reason != PageReason::LastResort);
        let paged = paged.find(|page| search.is_involved(&page.roster, &page.liaison));
        let (roster, liaison) = has_it.or(paged.map(|page| (&page.roster, &page.liaison)))?;
        let is_theirs = |page: &OpenPage| page.is_to(roster, liaison);
        let is_alone = track.is_unanswered() && !somebody_else_is_paged(self.context.plan, track, is_theirs);
        let next = (has_it.is_some() || is_alone).then(|| self.at_once(track, PageReason::Involved));
        Some(Event::Withdrawn {
            department: track.department.clone(),
            liaison: liaison.clone(),
            roster: roster.clone(),
            next,
        })
    }

    pub(in crate::domain::escalation) fn end_attempt(
        &mut self,
        number: u32,
        channel: ChannelKind,
        outcome: Outcome,
        jitter: u16,
    ) {
        let now = self.context.now.logical;
        let state = self.incident.page(number).and_then(|(scope, page)| {
            let delivery = page.pending.iter().find(|delivery| delivery.by == channel)?;
            Some((scope, page, delivery))
        });
        let (mut retry_at, mut next_contact, mut next) = (None, None, None);
        let mut contact = ContactPosition::FIRST;
        if let Some((scope, page, delivery)) = state {
            contact = delivery.contact();
            retry_at = self.retry_at(scope, page, delivery, &outcome, jitter);
            if retry_at.is_none() {
                next_contact = self.next_contact(scope, page, delivery, &outcome);
            }
            if retry_at.is_none() && next_contact.is_none() {
                next = scope.track.and_then(|track| self.next_if_dead(scope, track, page, &outcome));
            }
        }
        debug_assert!(retry_at.is_none_or(|at: DateTime<Utc>| at > now), "a retry comes later than its attempt");
        self.push(Event::Attempted { page: number, channel, contact, outcome, retry_at, next_contact, next });
        if let Some(event) = self.escalate_if_reminder_failed(number) {
            self.push(event);
        }
    }

    fn retry_at(
        &self,
        scope: PageScope<'_>,
        page: &OpenPage,
        delivery: &Delivery,
        outcome: &Outcome,
        jitter: u16,
    ) -> Option<DateTime<Utc>> {
        let Outcome::Retry { after, at_most, .. } = outcome else { return None };
        let retries_left = delivery.attempts < at_most.unwrap_or(RETRIES_MAX).min(RETRIES_MAX);
        if !retries_left || self.incident.is_moot(scope, page) {
            return None;
        }
        let asked = after.map_or(0, |after| i64::try_from(after.as_millis()).unwrap_or(LONGEST_PAUSE_MS));
        let doubled = FIRST_PAUSE_MS << delivery.attempts.min(10);
        let pause = doubled.max(asked).min(LONGEST_PAUSE_MS);
        let jitter = pause * i64::from(jitter) / 4_000;
        Some(self.context.now.logical + TimeDelta::milliseconds(pause + jitter))
    }

    /// The person's next contact for the channel, by the plan in force, after one that is given up. A failure of the
    /// hospital's account concerns all of them.
    fn next_contact(
        &self,
        scope: PageScope<'_>,
        page: &OpenPage,
        delivery: &Delivery,
        outcome: &Outcome,
    ) -> Option<NextContact> {
        let concerns_the_contact = match outcome {
            Outcome::Accepted { .. } | Outcome::Permanent { blame: Blame::Account, .. } => false,
            Outcome::Retry { .. } | Outcome::Permanent { blame: Blame::Recipient | Blame::Roster, .. } => true,
        };
        if !concerns_the_contact || self.incident.is_moot(scope, page) {
            return None;
        }
        let plan = self.context.plan;
        let liaison = plan.rosters.get(&page.roster)?.liaison(&page.liaison)?;
        let to = plan.next_contact(liaison, delivery.by, delivery.tried())?;
        Some(NextContact { to: to.into() })
    }

    /// If a page reached no one over any channel and was the only open one, the next step is due immediately.
    fn next_if_dead(&self, scope: PageScope<'_>, track: &Track, page: &OpenPage, outcome: &Outcome) -> Option<Next> {
        let ends_dead = page.pending.len() == 1 && !page.accepted && !matches!(outcome, Outcome::Accepted { .. });
        let concerns = ends_dead && track.is_unanswered() && !self.incident.is_moot(scope, page) && !page.reminds();
        let is_theirs = |other: &OpenPage| other.is_to(&page.roster, &page.liaison);
        let alone = concerns && !somebody_else_is_paged(self.context.plan, track, is_theirs);
        alone.then(|| self.at_once(track, PageReason::Unreachable))
    }
}
