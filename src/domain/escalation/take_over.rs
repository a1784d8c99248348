//! How a track passes from one person to another, with a page that asks and one that tells.

use chrono::{DateTime, Utc};

use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::incident::{HandOver, Incident, OpenPage, Track};
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;

impl Incident {
    pub(in crate::domain::escalation) fn pass_on(&mut self, at: DateTime<Utc>, event: &Event) {
        let Some((department, reason, pages)) = event.pages() else { return };
        self.count(pages);
        let is_open = self.resolved.is_none();
        self.on_track(department, |track| match event {
            Event::HandOverRequested { from, take_by, .. } if is_open && track.is_with(from) => {
                track.ask_to_take_over(at, pages, *take_by);
            }
            Event::HandOverRequested { .. } => track.add_late_pages(at, reason, pages, false),
            Event::HandOverFailed { from, .. } => {
                track.end_hand_over();
                let is_kept = is_open && track.is_with(from);
                track.add_late_pages(at, reason, pages, is_kept);
            }
            _ => {
                track.ask_again(pages);
                track.add_pages(at, reason, pages);
            }
        });
    }
}

impl Track {
    /// Whether this is who has acknowledged.
    pub fn is_with(&self, who: &Principal) -> bool {
        self.acknowledged.as_ref().is_some_and(|acknowledged| acknowledged.by.is_same(who))
    }

    /// The request to take it over that waits for an answer.
    pub fn hand_over(&self) -> Option<&HandOver> {
        self.acknowledged.as_ref()?.hand_over.as_deref()
    }

    /// The same, if this page asks.
    pub fn asked_by(&self, page: u32) -> Option<&HandOver> {
        self.hand_over().filter(|hand_over| hand_over.page == page)
    }

    /// The same, if it asks this person.
    pub fn asked_of(&self, who: &Principal) -> Option<&HandOver> {
        self.hand_over().filter(|hand_over| hand_over.is_of(who))
    }

    /// Replaces an earlier request.
    pub(in crate::domain::escalation) fn ask_to_take_over(
        &mut self,
        at: DateTime<Utc>,
        pages: &[Paged],
        take_by: DateTime<Utc>,
    ) {
        self.end_hand_over();
        self.ask_again(pages);
        if let (Some(acknowledged), Some(paged)) = (&mut self.acknowledged, pages.first()) {
            acknowledged.hand_over = Some(Box::new(HandOver {
                to: paged.liaison.clone(),
                name: paged.name.as_str().into(),
                roster: paged.roster.clone(),
                page: paged.number,
                take_by,
            }));
        }
        self.add_pages(at, PageReason::HandedOver, pages);
    }

    pub(in crate::domain::escalation) fn end_hand_over(&mut self) {
        let ended = self.acknowledged.as_mut().and_then(|acknowledged| acknowledged.hand_over.take());
        if let Some(ended) = ended {
            self.pages.iter_mut().filter(|page| page.number == ended.page).for_each(OpenPage::call_off);
        }
    }
}

impl HandOver {
    /// Whether this is who is asked.
    pub fn is_of(&self, who: &Principal) -> bool {
        who.is_listed_as(&self.roster, &self.to)
    }
}
