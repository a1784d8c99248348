//! The list behind a link: pages waiting for its reader, and pages they have taken.

use std::cmp::Reverse;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Because;
use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::escalation::owed::page::PageScope;
use crate::domain::id::DepartmentId;
use crate::domain::instant::Now;
use crate::domain::page::{Mention, PageReason};
use crate::domain::plan::{Plan, Search};
use crate::domain::playbook::Playbook;
use crate::engine::protocol::link::{LISTED, Waiting, WaitingList};
use crate::store::query::LinkTarget;

pub struct Reading<'a> {
    pub plan: &'a Plan,
    pub now: Now,
    pub playbook: &'a dyn Fn(&Digest) -> Option<Arc<Playbook>>,
}

/// The pages waiting for a link's reader.
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
    let all: Vec<&Incident> = incidents.filter(|incident| incident.drill == is_drill).collect();
    let open = all.iter().copied().filter(|incident| incident.resolved.is_none());
    let tracks = open.flat_map(|incident| incident.tracks.iter().map(move |track| (incident, track)));
    let reader = Reader::new(reading.plan, target);
    let is_own = |one: &Open| one.incident.id == target.incident && *one.scope.department == target.department;
    let (mut found, mut taken) = (Vec::new(), Vec::new());
    for (incident, track) in tracks {
        found.extend(waits(incident, track, reading, &reader));
        taken.extend(has_taken(incident, track, &reader).filter(|one| !is_own(one)));
    }
    let mut owes: Vec<Open> = all.iter().flat_map(|incident| owed(incident, reading, &reader)).collect();
    owes.retain(|one| {
        let is_taken =
            |other: &Open| other.incident.id == one.incident.id && other.scope.department == one.scope.department;
        !is_own(one) && !taken.iter().any(is_taken)
    });
    taken.extend(owes);
    let total = found.len();
    // Pages may have been answered meanwhile; then the last part is shown.
    let from = if from < total { from } else { total.saturating_sub(1) / LISTED * LISTED };
    let shown = listed(&mut found, from, |one| {
        let next = one.scope.next_step(one.page.number).unwrap_or(DateTime::<Utc>::MAX_UTC);
        (one.is_reader_involved, Reverse(one.incident.severity), next, one.incident.id, one.page.number)
    });
    let shown = shown.iter().filter_map(|one| one.waiting(reading)).collect();
    let taken = listed(&mut taken, 0, |one| (Reverse(one.incident.severity), one.incident.id, one.page.number));
    let taken = taken.iter().filter_map(|one| one.waiting(reading)).collect();
    WaitingList { has_own: found.iter().any(is_own), shown, from, total, taken }
}

/// One part of the list in key order, after the first `from`. The rest is not sorted, because one person may have
/// thousands of pages in a storm.
fn listed<T, K: Ord>(all: &mut [T], from: usize, key: impl Fn(&T) -> K) -> &[T] {
    if from > 0 && from < all.len() {
        all.select_nth_unstable_by_key(from, &key);
    }
    let rest = all.get_mut(from..).unwrap_or_default();
    if rest.len() > LISTED {
        rest.select_nth_unstable_by_key(LISTED, &key);
    }
    let count = rest.len().min(LISTED);
    rest[..count].sort_unstable_by_key(key);
    &rest[..count]
}

/// The reader of a link, with the rosters that list them; computed once for all of their pages.
struct Reader<'a> {
    target: &'a LinkTarget,
    rosters: Vec<&'a DepartmentId>,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a Plan, target: &'a LinkTarget) -> Self {
        let rosters = plan.rosters.keys().filter(|roster| is_reader_in(plan, target, roster));
        Self { target, rosters: rosters.collect() }
    }

    fn had(&self, page: &OpenPage) -> bool {
        page.liaison == self.target.liaison && self.rosters.contains(&&page.roster)
    }
}

struct Open<'a> {
    incident: &'a Incident,
    scope: PageScope<'a>,
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
fn waits<'a>(incident: &'a Incident, track: &'a Track, reading: &Reading, reader: &Reader) -> Option<Open<'a>> {
    let asked = track.hand_over().map(|hand_over| hand_over.page);
    if !track.is_unanswered() && asked.is_none() {
        return None;
    }
    let has_declined = |page: &OpenPage| {
        let because = track.passed(&page.roster, &page.liaison);
        matches!(because, Some(Because::Declined | Because::Involved))
    };
    let is_asked = |page: &&OpenPage| asked.is_none_or(|asked| page.number == asked);
    let mut theirs = track.pages.iter().rev().filter(|page| reader.had(page)).filter(is_asked);
    let page = theirs.find(|page| !page.called_off && !has_declined(page))?;
    let search = Search::new(reading.plan, reading.now.wall, &incident.involved);
    let is_involved = search.names_anybody() && search.is_involved(&page.roster, &page.liaison);
    let is_shown = !is_involved || page.reason == PageReason::LastResort;
    is_shown.then_some(Open { incident, scope: PageScope::of_track(track), page, is_reader_involved: is_involved })
}

/// The reader's latest page of a track that they have taken.
fn has_taken<'a>(incident: &'a Incident, track: &'a Track, reader: &Reader) -> Option<Open<'a>> {
    let by = &track.acknowledged.as_ref()?.by;
    let mut theirs = track.pages.iter().rev().filter(|page| reader.had(page));
    let page = theirs.find(|page| by.is_listed_as(&page.roster, &page.liaison))?;
    Some(Open { incident, scope: PageScope::of_track(track), page, is_reader_involved: false })
}

/// The reader's latest page about each department of an incident that asks for what is owed.
fn owed<'a>(incident: &'a Incident, reading: &Reading, reader: &Reader) -> Vec<Open<'a>> {
    let search = Search::new(reading.plan, reading.now.wall, &incident.involved);
    let pages = incident.pages().filter(|(scope, page)| scope.track.is_none() && !page.called_off);
    let mut latest: Vec<Open> = Vec::new();
    for (scope, page) in pages.filter(|(_, page)| page.reason.is_for_tasks() && reader.had(page)) {
        if !search.is_involved(&page.roster, &page.liaison) {
            latest.retain(|one| one.scope.department != scope.department);
            latest.push(Open { incident, scope, page, is_reader_involved: false });
        }
    }
    latest
}

/// Whether the id in a roster belongs to the link's reader. An id since given to another person does not.
fn is_reader_in(plan: &Plan, target: &LinkTarget, roster: &DepartmentId) -> bool {
    let liaison = |roster| plan.rosters.get(roster)?.liaison(&target.liaison);
    let reader = liaison(&target.roster).filter(|reader| reader.name == target.name);
    reader.zip(liaison(roster)).is_some_and(|(reader, other)| reader.is_same_person(&target.roster, other, roster))
}

/// Another page of the link's reader, as its own link would show it.
pub fn other_page(incident: &Incident, plan: &Plan, own: &LinkTarget, number: u32) -> Option<LinkTarget> {
    let (scope, page) = incident.page(number)?;
    let is_readers = page.liaison == own.liaison && is_reader_in(plan, own, &page.roster);
    is_readers.then(|| LinkTarget {
        incident: incident.id,
        page: number,
        department: scope.department.clone(),
        liaison: page.liaison.clone(),
        name: own.name.clone(),
        roster: page.roster.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_the_same_rows_as_if_all_were_sorted() {
        for count in [0, 1, LISTED - 1, LISTED, LISTED + 1, 2 * LISTED, 1_000] {
            // Each number once, in no order.
            let numbers: Vec<usize> = (0..count).map(|one| one * 7_919 % count).collect();
            for from in [0, 1, LISTED, count.saturating_sub(1), count, count + 1] {
                let expected: Vec<usize> = (from..count).take(LISTED).collect();
                assert_eq!(listed(&mut numbers.clone(), from, |one| *one), expected, "{count} from {from}");
            }
        }
    }
}
