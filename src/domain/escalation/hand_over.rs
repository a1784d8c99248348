//! The last resort: a person who is paged although involved can only name someone who is not involved.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::escalation::input::{Answer, Refusal};
use crate::domain::escalation::step_resolution::StepResolution;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::page::PageReason;
use crate::domain::plan::{Found, Plan, Search};
use crate::domain::principal::Principal;
use crate::domain::roster::on_call::{Rule, Why};

/// The same person is not paged again within this time, however often it is handed to them.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(2);

impl Draft<'_> {
    pub(in crate::domain::escalation) fn hand_over(&mut self, answer: &Answer, to: &str) -> Result<(), Refusal> {
        let Principal::LinkHolder { liaison, roster, .. } = &answer.by else { return Err(Refusal::NotHandedOver) };
        if !self.incident.waits_for_hand_over(roster, liaison) {
            return Err(Refusal::NotHandedOver);
        }
        let (plan, now) = (self.context.plan, self.context.now);
        let candidates = candidates(&self.incident, plan, now.wall).into_iter();
        let chosen = candidates.map(|one| (one.department.clone(), one.liaison.id.clone()));
        let mut chosen = chosen.filter(|(roster, id)| value_of(roster, id) == to || id.as_str() == to);
        let (department, id) = chosen.next().ok_or(Refusal::NotInTheList)?;
        drop(chosen);
        let liaison = plan.liaison(&department, &id).ok_or(Refusal::NotInTheList)?.1;
        let why = Why::new(liaison.place.clone(), Rule::HandedOver);
        let found = Found { department, role: Role::primary(), liaison, why };
        let name = found.liaison.name.clone();
        let waits = self.incident.tracks.iter().filter(|track| track.is_unanswered());
        let waits = waits.filter(|track| !just_handed_to(track, &found, now.logical));
        let departments: Vec<DepartmentId> = waits.map(|track| track.department.clone()).collect();
        if departments.is_empty() {
            return Err(Refusal::HandedOverAlready(name));
        }
        for department in departments {
            let mut resolution = StepResolution::default();
            resolution.add(found.clone(), None, plan, now.logical);
            let pages = resolution.pages(self.incident.pages_made, self.context);
            self.push(Event::HandedOver { department, by: answer.by.clone(), page: answer.page, pages });
        }
        Ok(())
    }
}

impl Incident {
    /// Whether someone is paged as the last resort and no one has acknowledged what they were paged about.
    pub fn is_at_last_resort(&self) -> bool {
        self.last_resort_pages().next().is_some()
    }

    /// The same for one person.
    pub fn waits_for_hand_over(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        self.last_resort_pages().any(|page| page.is_to(roster, liaison))
    }

    fn last_resort_pages(&self) -> impl Iterator<Item = &OpenPage> {
        let open = self.tracks.iter().filter(|track| self.resolved.is_none() && track.is_unanswered());
        open.flat_map(|track| &track.pages).filter(|page| page.reason == PageReason::LastResort)
    }
}

/// People it can be handed to: everyone in the rosters who is not involved and can be paged, by name.
pub fn candidates<'plan>(incident: &'plan Incident, plan: &'plan Plan, wall: DateTime<Utc>) -> Vec<Found<'plan>> {
    let search = Search::new(plan, wall, &incident.involved);
    let mut found: Vec<Found> = search.not_involved().filter(|found| plan.reaches(found.liaison)).collect();
    found.sort_by(|one, other| (&one.liaison.name, &one.department).cmp(&(&other.liaison.name, &other.department)));
    found
}

/// How a form identifies a person: ids are unique only within a roster.
pub fn value_of(roster: &DepartmentId, liaison: &LiaisonId) -> String {
    format!("{roster}/{liaison}")
}

fn just_handed_to(track: &Track, found: &Found, now: DateTime<Utc>) -> bool {
    let theirs = track.pages.iter().filter(|page| page.is_to(&found.department, &found.liaison.id));
    let mut handed = theirs.filter(|page| page.reason == PageReason::HandedOver && !page.is_dead());
    handed.any(|page| now - page.at < AGAIN_AFTER)
}
