//! What is to be sent now, and what it says.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::id::PageId;
use crate::domain::instant::Now;
use crate::domain::link::LinkToken;
use crate::domain::page::{PageLink, PageReason, PageText};
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::roster::ChannelKind;
use crate::domain::severity::Severity;

/// One attempt that is due.
#[derive(Debug, Clone)]
pub struct Dispatch {
    /// Which page.
    pub page: PageId,
    /// Over which channel.
    pub channel: ChannelKind,
    /// The address or number.
    pub to: Box<str>,
    /// How grave the matter is: the graver goes first.
    pub severity: Severity,
}

impl Incident {
    /// Takes the attempts that are due by logical time `now`; each is then in flight until its outcome comes in. Pages
    /// that were moot when the process ended are dropped.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Dispatch> {
        let (id, severity) = (self.id, self.severity);
        self.drop_moot();
        let pages = self.tracks.iter_mut().flat_map(|track| &mut track.pages);
        let deliveries = pages.flat_map(|page| page.pending.iter_mut().map(|delivery| (page.number, delivery)));
        let due = deliveries.filter(|(_, delivery)| !delivery.in_flight && delivery.at <= now);
        due.map(|(number, delivery)| {
            delivery.in_flight = true;
            let page = PageId { incident: id, number };
            Dispatch { page, channel: delivery.by, to: delivery.to.clone(), severity }
        })
        .collect()
    }

    fn drop_moot(&mut self) {
        let moot = |track: &Track, page: &OpenPage| self.is_moot(track, page) && !page.pending.is_empty();
        let pages = self.tracks.iter().flat_map(|track| track.pages.iter().map(move |page| (track, page)));
        let numbers: Vec<u32> = pages.filter(|(track, page)| moot(track, page)).map(|(_, page)| page.number).collect();
        for page in self.tracks.iter_mut().flat_map(|track| &mut track.pages) {
            if numbers.contains(&page.number) {
                page.pending.retain(|delivery| delivery.in_flight);
            }
        }
    }

    /// Ends a delivery without an attempt, as its page had become moot while it waited for its turn.
    pub fn cancel(&mut self, page: u32, channel: ChannelKind) {
        let pages = self.tracks.iter_mut().flat_map(|track| &mut track.pages);
        for page in pages.filter(|one| one.number == page) {
            page.pending.retain(|delivery| delivery.by != channel);
        }
    }

    /// Takes a delivery out of flight without an attempt: it is due again at once, after the next start.
    pub fn put_back(&mut self, page: u32, channel: ChannelKind) {
        let pages = self.tracks.iter_mut().flat_map(|track| &mut track.pages).filter(|one| one.number == page);
        let deliveries = pages.flat_map(|page| &mut page.pending).filter(|delivery| delivery.by == channel);
        deliveries.for_each(|delivery| delivery.in_flight = false);
    }

    /// Takes over from the running process's own state which attempts are on their way: no event tells that.
    pub fn keep_flights_of(&mut self, live: &Self) {
        for page in self.tracks.iter_mut().flat_map(|track| &mut track.pages) {
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

    /// Whether nobody needs the page any more.
    pub fn is_moot(&self, track: &Track, page: &OpenPage) -> bool {
        let reminds = page.reason == PageReason::NotActedOn;
        let act_is_due = track.acknowledged.as_ref().is_some_and(|acknowledged| acknowledged.act_by.is_some());
        // A reminder that was not called off outlives the acknowledgement of somebody who cannot be reached.
        let wanted = track.is_unanswered() || reminds && act_is_due;
        let has_passed = !reminds && track.passed(&page.roster, &page.liaison).is_some();
        self.resolved.is_some() || page.called_off || !wanted || has_passed
    }

    /// What a page says; `None` once it does not matter any more.
    pub fn page_text(
        &self,
        number: u32,
        plan: &Plan,
        playbook: &Playbook,
        now: Now,
        link: PageLink,
    ) -> Option<PageText> {
        let (track, page) = self.page(number)?;
        let next_step = track.next.map(|next| next.at).filter(|_| page.reason != PageReason::NotActedOn);
        Some(PageText {
            page: PageId { incident: self.id, number },
            first_page: 1,
            hospital: plan.hospital.clone(),
            drill: self.drill,
            severity: self.severity,
            title: playbook.page_title.clone(),
            department: plan.department_name(&track.department).to_owned(),
            zone: plan.zone(&track.department),
            acknowledge_by: now.on_the_wall(track.acknowledge_by()),
            written_at: now.wall,
            reason: page.reason,
            link,
            valid_seconds: next_step.map(|at| u32::try_from((at - now.logical).num_seconds()).unwrap_or(0).max(1)),
        })
    }
}

/// The address of an answer form.
pub fn link(base: &Arc<str>, token: LinkToken) -> PageLink {
    PageLink { base: Arc::clone(base), token }
}
