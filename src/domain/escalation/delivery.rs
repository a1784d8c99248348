//! What must be sent now, and what it says.

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::incident::{Incident, OpenPage};
use crate::domain::escalation::owed::page::PageScope;
use crate::domain::id::{LiaisonId, PageId};
use crate::domain::instant::Now;
use crate::domain::page::{Mention, PageLink, PageReason, PageText};
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::severity::Severity;

#[derive(Debug, Clone)]
pub struct Dispatch {
    pub page: PageId,
    pub channel: ChannelKind,
    pub to: Box<str>,
    /// The contact that the page tried first over the channel: it stands for the person, whose messages are counted
    /// together.
    pub first_contact: Box<str>,
    /// The person with that address.
    pub liaison: LiaisonId,
    pub drill: bool,
    /// More severe pages are sent first.
    pub severity: Severity,
    /// A retry, also at the person's next contact, is not delayed for bundling.
    pub is_retry: bool,
}

impl Incident {
    /// Takes the attempts that are due by logical time `now`; each is in flight until its outcome arrives. Drops pages
    /// that were moot when the process ended.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Dispatch> {
        self.drop_moot();
        let mut due = Vec::new();
        for page in self.pages_mut() {
            for delivery in page.pending.iter_mut().filter(|delivery| !delivery.in_flight && delivery.at <= now) {
                delivery.in_flight = true;
                due.push((page.number, delivery.by));
            }
        }
        due.into_iter().filter_map(|(page, channel)| self.dispatch(page, channel)).collect()
    }

    /// What the send queue must know of a page that goes over a channel; `None` if nothing of it is pending there.
    pub fn dispatch(&self, page: u32, channel: ChannelKind) -> Option<Dispatch> {
        let (_, open) = self.page(page)?;
        let delivery = open.pending.iter().find(|delivery| delivery.by == channel)?;
        Some(Dispatch {
            page: PageId { incident: self.id, number: page },
            channel,
            to: delivery.to.clone(),
            first_contact: delivery.first_contact().into(),
            liaison: open.liaison.clone(),
            drill: self.drill,
            // What is owed never goes before what asks for an answer.
            severity: if open.reason.is_for_tasks() { Severity::Low } else { self.severity },
            is_retry: delivery.has_failed(),
        })
    }

    fn drop_moot(&mut self) {
        let moot = self.pages().filter(|(scope, page)| !page.pending.is_empty() && self.is_moot(*scope, page));
        let numbers: Vec<u32> = moot.map(|(_, page)| page.number).collect();
        for page in self.pages_mut().filter(|page| numbers.contains(&page.number)) {
            page.pending.retain(|delivery| delivery.in_flight);
        }
    }

    /// Ends a delivery without an attempt because its page became moot while it was queued.
    pub fn cancel(&mut self, page: u32, channel: ChannelKind) {
        for page in self.pages_mut().filter(|one| one.number == page) {
            page.pending.retain(|delivery| delivery.by != channel);
        }
    }

    /// Takes a delivery out of flight without an attempt: after the next start, it is due immediately.
    pub fn put_back(&mut self, page: u32, channel: ChannelKind) {
        let pages = self.pages_mut().filter(|one| one.number == page);
        let deliveries = pages.flat_map(|page| &mut page.pending).filter(|delivery| delivery.by == channel);
        deliveries.for_each(|delivery| delivery.in_flight = false);
    }

    /// Copies from the running process's state which attempts are in flight: no event records that.
    pub fn keep_flights_of(&mut self, live: &Self) {
        for page in self.pages_mut() {
            let Some((_, flying)) = live.page(page.number) else { continue };
            let flying: Vec<_> = flying.pending.iter().filter(|delivery| delivery.in_flight).collect();
            for delivery in &mut page.pending {
                delivery.in_flight = flying.iter().any(|one| one.by == delivery.by);
            }
            let lacking = |by| page.pending.iter().all(|delivery| delivery.by != by);
            let lacking: Vec<_> = flying.into_iter().filter(|one| lacking(one.by)).cloned().collect();
            page.pending.extend(lacking);
        }
    }

    /// Whether no one needs the page anymore.
    pub fn is_moot(&self, scope: PageScope<'_>, page: &OpenPage) -> bool {
        // What is owed is called off as soon as it is not.
        let Some(track) = scope.track else { return page.called_off };
        let act_is_due = track.acknowledged.as_ref().is_some_and(|acknowledged| acknowledged.act_by.is_some());
        let is_news = match page.reason {
            PageReason::NotActedOn => act_is_due,
            PageReason::NotTakenOver => true,
            _ => track.asked_by(page.number).is_some(),
        };
        // A reminder that was not called off stays valid if the person who acknowledged cannot be reached.
        let wanted = track.is_unanswered() || is_news;
        let has_passed = !page.reminds() && track.passed(&page.roster, &page.liaison).is_some();
        self.resolved.is_some() || page.called_off || !wanted || has_passed
    }

    /// What a page says; `None` if it no longer matters.
    pub fn page_text(
        &self,
        number: u32,
        plan: &Plan,
        playbook: &Playbook,
        now: Now,
        link: PageLink,
    ) -> Option<PageText> {
        let Mention { page, severity, title, department, zone, answer_by, reason, tasks } =
            self.mention(number, plan, playbook, now)?;
        let (scope, _) = self.page(number)?;
        let next_step = scope.next_step(number).filter(|_| !reason.is_for_holder());
        Some(PageText {
            page,
            first_page: 1,
            hospital: plan.hospital.clone(),
            drill: self.drill,
            severity,
            title,
            department,
            zone,
            answer_by,
            written_at: now.wall,
            reason,
            tasks,
            link,
            valid_seconds: next_step.map(|at| u32::try_from((at - now.logical).num_seconds()).unwrap_or(0).max(1)),
        })
    }

    /// What a message says about a page other than its first; `None` if it no longer matters.
    pub fn mention(&self, number: u32, plan: &Plan, playbook: &Playbook, now: Now) -> Option<Mention> {
        let (scope, page) = self.page(number)?;
        let answer_by = match (scope.track, scope.track.and_then(|track| track.asked_by(number))) {
            (Some(_), Some(hand_over)) => now.on_the_wall(hand_over.take_by),
            (Some(track), None) => {
                let next = self.next_page(plan, playbook, now, track, Some((&page.roster, &page.liaison)));
                track.answer_by(next.as_ref(), now)
            }
            (None, _) => now.on_the_wall(scope.answer_by.unwrap_or(page.at)),
        };
        Some(Mention {
            page: PageId { incident: self.id, number },
            severity: self.severity,
            title: playbook.page_title.clone(),
            department: plan.department_name(scope.department).to_owned(),
            zone: plan.zone(scope.department),
            answer_by,
            reason: page.reason,
            tasks: self.tasks_of(page.reason, scope.department, playbook, now),
        })
    }
}
