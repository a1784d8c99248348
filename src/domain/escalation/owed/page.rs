//! The pages of an incident, with what each is about: a department's track, or something that is owed.

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::escalation::owed::state::OwedPage;
use crate::domain::id::DepartmentId;

/// What a page is about.
#[derive(Debug, Clone, Copy)]
pub struct PageScope<'a> {
    pub department: &'a DepartmentId,
    /// `None` for a page that asks for something owed.
    pub track: Option<&'a Track>,
    /// Of a page without a track: until when an answer is asked for, in logical time.
    pub answer_by: Option<DateTime<Utc>>,
}

impl<'a> PageScope<'a> {
    pub fn of_track(track: &'a Track) -> Self {
        Self { department: &track.department, track: Some(track), answer_by: None }
    }

    fn of_owed(owed: &'a OwedPage) -> Self {
        Self { department: &owed.department, track: None, answer_by: owed.answer_by }
    }

    /// When somebody else is paged unless the reader of a page answers, in logical time.
    pub fn next_step(self, number: u32) -> Option<DateTime<Utc>> {
        let Some(track) = self.track else { return self.answer_by };
        track.next.map(|next| next.at).or_else(|| track.asked_by(number).map(|hand_over| hand_over.take_by))
    }
}

impl Incident {
    /// All pages that still matter.
    pub fn pages(&self) -> impl Iterator<Item = (PageScope<'_>, &OpenPage)> {
        let of_tracks = self.tracks.iter().flat_map(|track| {
            let scope = PageScope::of_track(track);
            track.pages.iter().map(move |page| (scope, page))
        });
        of_tracks.chain(self.owed_pages().iter().map(|owed| (PageScope::of_owed(owed), &owed.page)))
    }

    pub(in crate::domain::escalation) fn pages_mut(&mut self) -> impl Iterator<Item = &mut OpenPage> {
        let owed = self.owed.iter_mut().flat_map(|owed| &mut owed.pages).map(|owed| &mut owed.page);
        self.tracks.iter_mut().flat_map(|track| &mut track.pages).chain(owed)
    }

    /// The pages that belong to no track.
    pub fn owed_pages(&self) -> &[OwedPage] {
        self.owed.as_ref().map_or(&[], |owed| &owed.pages)
    }

    /// The page with this number and what it is about, if it still matters.
    pub fn page(&self, number: u32) -> Option<(PageScope<'_>, &OpenPage)> {
        self.pages().find(|(_, page)| page.number == number)
    }
}
