//! The list behind a link: all that waits for its reader, and what they have taken.

use std::cmp::Reverse;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::{Because, By};
use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::instant::Now;
use crate::domain::page::{Mention, PageReason};
use crate::domain::plan::{Plan, Search};
use crate::domain::playbook::Playbook;
use crate::engine::protocol::link::{LISTED, Waiting, WaitingList};
use crate::store::query::LinkTarget;

/// What lists are made from.
pub struct Reading<'a> {
    pub plan: &'a Plan,
    pub now: Now,
    pub playbook: &'a dyn Fn(&Digest) -> Option<Arc<Playbook>>,
}

/// What waits for the reader of a link among some open incidents.
pub fn list<'a>(
    incidents: impl Iterator<Item = &'a Incident>,
    reading: &Reading,
    target: &LinkTarget,
    is_drill: bool,
    from: usize,
) -> WaitingList {
    if reading.plan.person(&target.roster, &target.liaison, &target.name).is_none() {
        return WaitingList::default();
    }
    let open = incidents.filter(|incident| incident.resolved.is_none() && incident.drill == is_drill);
    let tracks = open.flat_map(|incident| incident.tracks.iter().map(move |track| (incident, track)));
    let (mut found, mut taken) = (Vec::new(), Vec::new());
    for (incident, track) in tracks {
        found.extend(waits(incident, track, reading, target));
        taken.extend(has_taken(incident, track, reading, target));
    }
    found.sort_by_key(|one| {
        let next = one.track.next.map_or(DateTime::<Utc>::MAX_UTC, |next| next.at);
        (one.is_reader_involved, Reverse(one.incident.severity), next, one.incident.id, one.page.number)
    });
    taken.sort_by_key(|one| (Reverse(one.incident.severity), one.incident.id, one.page.number));
    let total = found.len();
    // What was shown a moment ago may have been answered: then the last ones are shown.
    let from = if from < total { from } else { total.saturating_sub(1) / LISTED * LISTED };
    let is_own = |one: &Open| one.incident.id == target.incident && one.track.department == target.department;
    WaitingList {
        has_own: found.iter().any(is_own),
        shown: found.iter().skip(from).take(LISTED).filter_map(|one| one.waiting(reading)).collect(),
        from,
        total,
        taken: taken.iter().filter(|one| !is_own(one)).take(LISTED).filter_map(|one| one.waiting(reading)).collect(),
    }
}

struct Open<'a> {
    incident: &'a Incident,
    track: &'a Track,
    page: &'a OpenPage,
    is_reader_involved: bool,
}

impl Open<'_> {
    fn waiting(&self, reading: &Reading) -> Option<Waiting> {
        let playbook = (reading.playbook)(&self.incident.playbook_hash)?;
        let mention = self.incident.mention(self.page.number, reading.plan, &playbook, reading.now)?;
        let about = Mention { title: playbook.title.clone(), ..mention };
        Some(Waiting { about, is_reader_involved: self.is_reader_involved })
    }
}

/// The latest page of a track that waits for the reader of a link.
fn waits<'a>(incident: &'a Incident, track: &'a Track, reading: &Reading, target: &LinkTarget) -> Option<Open<'a>> {
    let has_declined = |page: &OpenPage| {
        let because = track.passed(&page.roster, &page.liaison);
        matches!(because, Some(Because::Declined | Because::Involved))
    };
    let mut theirs = track.pages.iter().rev().filter(|page| is_readers(reading.plan, target, page));
    let page = theirs.find(|page| track.is_unanswered() && !page.called_off && !has_declined(page))?;
    let search = Search::new(reading.plan, reading.now.wall, &incident.involved);
    let is_involved = search.names_anybody() && search.is_involved(&page.roster, &page.liaison);
    let is_shown = !is_involved || page.reason == PageReason::LastResort;
    is_shown.then_some(Open { incident, track, page, is_reader_involved: is_involved })
}

/// The latest page that the reader of a link had of a track that they have.
fn has_taken<'a>(incident: &'a Incident, track: &'a Track, reading: &Reading, target: &LinkTarget) -> Option<Open<'a>> {
    let By::Liaison { liaison, roster, .. } = &track.acknowledged.as_ref()?.by else { return None };
    let mut theirs = track.pages.iter().rev().filter(|page| is_readers(reading.plan, target, page));
    let page = theirs.find(|page| page.is_to(roster, liaison))?;
    Some(Open { incident, track, page, is_reader_involved: false })
}

/// Whether a page went to the reader of a link: to the same entry of a roster, or to theirs in another one. An id that was
/// given to somebody else since, by their name, is not the reader's any more.
fn is_readers(plan: &Plan, target: &LinkTarget, page: &OpenPage) -> bool {
    if page.liaison != target.liaison {
        return false;
    }
    let liaison = |roster| plan.rosters.get(roster)?.liaison(&target.liaison);
    let reader = liaison(&target.roster).filter(|reader| reader.name == target.name);
    let paged = liaison(&page.roster);
    reader.zip(paged).is_some_and(|(reader, paged)| reader.is_same_person(&target.roster, paged, &page.roster))
}

/// Another page of the reader of a link, as what its own link would lead to.
pub fn other_page(incident: &Incident, plan: &Plan, own: &LinkTarget, number: u32) -> Option<LinkTarget> {
    let (track, page) = incident.page(number)?;
    is_readers(plan, own, page).then(|| LinkTarget {
        incident: incident.id,
        page: number,
        department: track.department.clone(),
        liaison: page.liaison.clone(),
        name: own.name.clone(),
        roster: page.roster.clone(),
    })
}
