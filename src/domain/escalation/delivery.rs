//! What is to be sent now, and what it says.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::Incident;
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
    /// Takes the attempts that are due by logical time `now`; each is then in flight until its outcome comes in.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Vec<Dispatch> {
        let (id, severity) = (self.id, self.severity);
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
