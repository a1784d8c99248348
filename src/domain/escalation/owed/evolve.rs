//! How what is owed changes the state.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::event::Paged;
use crate::domain::escalation::incident::{Delivery, Incident, OpenPage};
use crate::domain::escalation::owed::follow_up::FollowUp;
use crate::domain::escalation::owed::state::{OwedPage, Told};
use crate::domain::id::DepartmentId;
use crate::domain::page::PageReason;

/// The number of recent pages that are remembered: enough to see who was told today, and a bound on memory.
const PAGES_KEPT: usize = 16;

impl Incident {
    /// How many things are still owed: until each is done or closed with a reason, a resolved incident is kept and
    /// people are paged by day.
    pub fn follow_up(&self) -> u32 {
        self.open_tasks() + self.open_approvals()
    }

    /// Whether anything can still happen to it by itself: it is open, or something is owed.
    pub fn is_live(&self) -> bool {
        self.resolved.is_none() || self.follow_up() > 0
    }

    /// Since when a resolved incident owes nothing, in logical time.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        let resolved = self.resolved.as_ref()?.at;
        let owed = self.owed.as_ref().and_then(|owed| owed.ended_at);
        (self.follow_up() == 0).then(|| owed.map_or(resolved, |at| at.max(resolved)))
    }

    /// How far a department has been told.
    pub fn told(&self, department: &DepartmentId) -> Option<&Told> {
        self.owed.as_ref()?.told.iter().find(|told| told.department == *department)
    }

    pub(in crate::domain::escalation) fn followed_up(&mut self, at: DateTime<Utc>, follow_up: &FollowUp) {
        self.count(&follow_up.pages);
        // An earlier record may have resolved or reopened it.
        let fits = self.resolved.is_some() == (follow_up.reason == PageReason::Owed);
        if let Some(department) = &follow_up.department {
            self.add_owed_pages(at, department, follow_up.reason, &follow_up.pages, None);
        }
        if !fits {
            return self.call_off_owed(|owed| follow_up.pages.iter().any(|paged| paged.number == owed.page.number));
        }
        self.follow_up_at = follow_up.next_at;
        if let Some(department) = &follow_up.department {
            let all = &mut self.owed.get_or_insert_default().told;
            let known = all.iter().position(|told| told.department == *department);
            let index = known.unwrap_or_else(|| {
                all.push(Told { department: department.clone(), overdue_through: None, again_at: None });
                all.len() - 1
            });
            all[index].overdue_through = follow_up.overdue_through.or(all[index].overdue_through);
            all[index].again_at = follow_up.again_at;
        }
    }

    /// Adds pages that belong to no track. Those that people were sent before stay as long as they are on their way.
    pub(in crate::domain::escalation) fn add_owed_pages(
        &mut self,
        at: DateTime<Utc>,
        department: &DepartmentId,
        reason: PageReason,
        paged: &[Paged],
        answer_by: Option<DateTime<Utc>>,
    ) {
        if paged.is_empty() {
            return;
        }
        let pages = &mut self.owed.get_or_insert_default().pages;
        pages.extend(paged.iter().map(|paged| OwedPage {
            department: department.clone(),
            answer_by,
            page: OpenPage {
                number: paged.number,
                paging_step: 0,
                liaison: paged.liaison.clone(),
                roster: paged.roster.clone(),
                at,
                reason,
                pending: paged.channels.iter().map(Delivery::planned).collect(),
                accepted: false,
                called_off: false,
            },
        }));
        let surplus = pages.len().saturating_sub(PAGES_KEPT);
        let mut seen = 0;
        pages.retain(|OwedPage { page, .. }| {
            seen += 1;
            let asks = page.reason.asks_for_an_answer() && !page.called_off;
            seen > surplus || asks || !page.pending.is_empty()
        });
    }

    pub(in crate::domain::escalation) fn owed_page_mut(&mut self, number: u32) -> Option<&mut OpenPage> {
        let pages = self.owed.iter_mut().flat_map(|owed| &mut owed.pages);
        pages.map(|owed| &mut owed.page).find(|page| page.number == number)
    }

    /// Calls the pages off that nobody needs anymore.
    pub(in crate::domain::escalation) fn call_off_owed(&mut self, is_over: impl Fn(&OwedPage) -> bool) {
        let pages = self.owed.iter_mut().flat_map(|owed| &mut owed.pages);
        pages.filter(|owed| is_over(owed)).for_each(|owed| owed.page.call_off());
    }

    /// After a resolution or a reopening, what is owed is followed by other rules, starting at `at`.
    pub(in crate::domain::escalation) fn restart_follow_up(&mut self, at: DateTime<Utc>) {
        self.call_off_owed(|owed| owed.page.reason.is_for_tasks());
        if let Some(owed) = &mut self.owed {
            owed.told.iter_mut().for_each(|told| told.again_at = None);
        }
        self.follow_up_at = (self.open_tasks() > 0).then_some(at);
    }

    /// Notes when a resolved incident owes nothing anymore.
    pub(in crate::domain::escalation) fn note_end(&mut self, at: DateTime<Utc>) {
        let owes_nothing = self.resolved.is_some() && self.follow_up() == 0;
        if let Some(owed) = &mut self.owed {
            owed.ended_at = if owes_nothing { owed.ended_at.or(Some(at)) } else { None };
        }
    }

    pub(in crate::domain::escalation) fn shift_owed(&mut self, by: TimeDelta) {
        self.follow_up_at.iter_mut().for_each(|at| *at += by);
        let Some(owed) = &mut self.owed else { return };
        owed.told.iter_mut().filter_map(|told| told.again_at.as_mut()).for_each(|at| *at += by);
        owed.pages.iter_mut().filter_map(|owed| owed.answer_by.as_mut()).for_each(|at| *at += by);
    }
}
