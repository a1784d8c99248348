//! Hands a track to someone else: from the person who has it, or from one paged as the last resort, who may not answer.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::{Because, Event, Paged};
use crate::domain::escalation::incident::{HandOver, Incident, OpenPage, Track};
use crate::domain::escalation::input::{Answer, Refusal};
use crate::domain::escalation::step_resolution::{self, StepResolution};
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::page::PageReason;
use crate::domain::plan::{Found, Plan, Search};
use crate::domain::principal::Principal;
use crate::domain::roster::on_call::{Rule, Why};

/// The same person is not paged again within this time, however often it is handed to them.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(2);

/// The least time to take it over, however soon a playbook wants an acknowledgement: the person has to read first.
const TAKE_WITHIN_MIN: TimeDelta = TimeDelta::minutes(5);

impl Draft<'_> {
    pub(in crate::domain::escalation) fn hand_over(&mut self, answer: &Answer, to: &str) -> Result<(), Refusal> {
        if answer.by.entries().any(|one| self.incident.waits_for_hand_over(one.roster, one.liaison)) {
            self.hand_over_last_resort(answer, to)
        } else if answer.by.entries().any(|one| self.is_involved(one.roster, one.liaison)) {
            Err(Refusal::NotHandedOver)
        } else {
            self.ask_to_take_over(answer, to)
        }
    }

    /// Whether an answer is for a request to take over.
    pub(in crate::domain::escalation) fn is_asked_to_take_over(&self, answer: &Answer) -> bool {
        self.asked_of(answer).next().is_some()
    }

    pub(in crate::domain::escalation) fn take_over(&mut self, answer: &Answer) -> Result<(), Refusal> {
        if let Some(department) = &answer.department {
            self.its_track(department)?;
        }
        let events = self.asked_of(answer).filter_map(|(track, _)| {
            let act_within = track.act_within;
            Some(Event::Acknowledged {
                department: track.department.clone(),
                by: answer.by.clone(),
                page: answer.page,
                act_by: act_within.map(|wait| self.context.now.logical + wait.delta()),
                taken_from: Some(track.acknowledged.as_ref()?.by.clone()),
            })
        });
        self.push_all(events.collect(), Refusal::NotAskedToTakeOver)
    }

    pub(in crate::domain::escalation) fn decline_hand_over(&mut self, answer: &Answer) -> Result<(), Refusal> {
        let failed = self.asked_of(answer);
        let events = failed.filter_map(|(track, asked)| self.fail(track, asked, answer.page, Because::Declined));
        self.push_all(events.collect(), Refusal::NotAskedToTakeOver)
    }

    /// The end of a request that can no longer be met.
    pub(in crate::domain::escalation) fn failed_hand_over(&self) -> Option<Event> {
        let asked = self.incident.tracks.iter().filter_map(|track| Some((track, track.hand_over()?)));
        let mut failed = asked.filter_map(|(track, asked)| Some((track, asked, self.why_failed(track, asked)?)));
        failed.find_map(|(track, asked, because)| self.fail(track, asked, None, because))
    }

    fn why_failed(&self, track: &Track, asked: &HandOver) -> Option<Because> {
        let mut pages = track.pages.iter();
        let page = pages.find(|page| page.number == asked.page);
        if self.is_involved(&asked.roster, &asked.to) {
            Some(Because::Involved)
        } else if self.context.plan.person(&asked.roster, &asked.to, &asked.name).is_none() {
            Some(Because::Left)
        } else if page.is_some_and(OpenPage::is_dead) {
            Some(Because::Unreachable)
        } else {
            (asked.take_by <= self.context.now.logical).then_some(Because::NoAnswer)
        }
    }

    /// Leaves the track with the person who has it, and tells them. If they cannot be told, others are paged.
    fn fail(&self, track: &Track, asked: &HandOver, page: Option<u32>, because: Because) -> Option<Event> {
        let from = track.acknowledged.as_ref()?.by.clone();
        let mut told = StepResolution::default();
        if from.as_liaison().is_some() {
            match self.who_has_it(&from) {
                None => return self.escalate_again(track, Because::Left),
                Some(holder) if !self.context.plan.reaches(holder.liaison) => {
                    return self.escalate_again(track, Because::NoChannel);
                }
                Some(holder) => told.add(holder, None, self.context.plan, self.context.now.logical),
            }
        }
        let (liaison, roster, name) = (asked.to.clone(), asked.roster.clone(), asked.name.to_string());
        Some(Event::HandOverFailed {
            department: track.department.clone(),
            by: Principal::LinkHolder { liaison, name, roster },
            from,
            page,
            because,
            pages: told.pages(self.incident.pages_made, self.context),
        })
    }

    fn ask_to_take_over(&mut self, answer: &Answer, to: &str) -> Result<(), Refusal> {
        let (plan, now) = (self.context.plan, self.context.now);
        let held = self.held(answer)?.into_iter();
        let chosen = held.filter_map(|track| {
            let mut colleagues = colleagues(&self.incident, plan, now.wall, track).into_iter();
            let found = colleagues.find(|found| is_chosen(found, to))?;
            let is_asked = track.hand_over().is_some_and(|asked| asked.is_to(&found));
            let is_new = !is_asked && !just_handed_to(track, &found, now.logical);
            Some((track.department.clone(), found, is_new))
        });
        let chosen: Vec<(DepartmentId, Found, bool)> = chosen.collect();
        let Some((_, found, _)) = chosen.first() else { return Err(Refusal::NotInTheList) };
        if chosen.iter().all(|(.., is_new)| !is_new) {
            return Err(Refusal::HandedOverAlready(found.liaison.name.clone()));
        }
        for (department, found, _) in chosen.into_iter().filter(|(.., is_new)| *is_new) {
            let track = self.its_track(&department)?;
            let Some(acknowledged) = &track.acknowledged else { continue };
            let from = acknowledged.by.clone();
            let take_by = now.logical + track.acknowledge_within.delta().max(TAKE_WITHIN_MIN);
            let pages = self.page_for(found);
            let (by, page) = (answer.by.clone(), answer.page);
            self.push(Event::HandOverRequested { department, by, from, page, take_by, pages });
        }
        Ok(())
    }

    /// The tracks that this answer can hand over: a person's own, and every acknowledged one for an operator.
    fn held(&self, answer: &Answer) -> Result<Vec<&Track>, Refusal> {
        if let Some(department) = &answer.department {
            self.its_track(department)?;
        }
        let is_meant = |track: &&Track| answer.department.as_ref().is_none_or(|one| *one == track.department);
        let held = self.incident.tracks.iter().filter(is_meant).filter(|track| !track.is_unanswered());
        let held: Vec<&Track> = held.collect();
        let is_operator = matches!(answer.by, Principal::Operator { .. });
        let own = held.iter().copied().filter(|track| is_operator || track.is_with(&answer.by));
        match own.collect::<Vec<_>>() {
            own if !own.is_empty() => Ok(own),
            _ if is_operator => Err(Refusal::NobodyHasIt),
            _ => Err(Refusal::NotHandedOver),
        }
    }

    /// The requests to take over that an answer can be for.
    fn asked_of<'a>(&'a self, answer: &'a Answer) -> impl Iterator<Item = (&'a Track, &'a HandOver)> {
        let is_meant = |track: &&Track| answer.department.as_ref().is_none_or(|one| *one == track.department);
        let tracks = self.incident.tracks.iter().filter(is_meant);
        tracks.filter_map(|track| Some((track, track.asked_of(&answer.by)?)))
    }

    fn push_all(&mut self, events: Vec<Event>, otherwise: Refusal) -> Result<(), Refusal> {
        if events.is_empty() {
            return Err(otherwise);
        }
        events.into_iter().for_each(|event| self.push(event));
        Ok(())
    }

    fn hand_over_last_resort(&mut self, answer: &Answer, to: &str) -> Result<(), Refusal> {
        let (plan, now) = (self.context.plan, self.context.now);
        let candidates = candidates(&self.incident, plan, now.wall).into_iter();
        let mut chosen = candidates.filter(|found| is_chosen(found, to));
        let chosen = chosen.next().map(|found| (found.department, found.liaison.id.clone()));
        let (department, id) = chosen.ok_or(Refusal::NotInTheList)?;
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
            let pages = self.page_for(found.clone());
            self.push(Event::HandedOver { department, by: answer.by.clone(), page: answer.page, pages });
        }
        Ok(())
    }

    fn page_for(&self, found: Found) -> Vec<Paged> {
        let mut resolution = StepResolution::default();
        resolution.add(found, None, self.context.plan, self.context.now.logical);
        resolution.pages(self.incident.pages_made, self.context)
    }

    fn is_involved(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        let search = Search::new(self.context.plan, self.context.now.wall, &self.incident.involved);
        search.is_involved(roster, liaison)
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

/// People the last resort can hand it to: everyone in the rosters who is not involved and can be paged, by name.
pub fn candidates<'plan>(incident: &'plan Incident, plan: &'plan Plan, wall: DateTime<Utc>) -> Vec<Found<'plan>> {
    let search = Search::new(plan, wall, &incident.involved);
    by_name(search.not_involved().filter(|found| plan.reaches(found.liaison)).collect())
}

/// People to whom an acknowledged track can be handed: those of its department, and the colleagues of the person who
/// has it, who are not involved and can be paged, by name.
pub fn colleagues<'plan>(
    incident: &Incident,
    plan: &'plan Plan,
    wall: DateTime<Utc>,
    track: &Track,
) -> Vec<Found<'plan>> {
    let search = Search::new(plan, wall, &incident.involved);
    let holder = track.acknowledged.as_ref().and_then(|acknowledged| acknowledged.by.as_liaison());
    let holder = holder.map(|holder| (holder.roster, holder.liaison));
    let others = holder.map(|(roster, _)| roster).filter(|roster| **roster != track.department);
    let rosters = [Some(&track.department), others].into_iter().flatten().filter_map(|one| plan.rosters.get(one));
    let mut found: Vec<Found> = Vec::new();
    for (roster, liaison) in rosters.flat_map(|roster| roster.liaisons.iter().map(move |one| (roster, one))) {
        let department = roster.department.clone();
        let why = Why::new(liaison.place.clone(), Rule::HandedOver);
        let one = Found { department, role: Role::primary(), liaison, why };
        let is_holder = holder.is_some_and(|holder| step_resolution::is_to_person(plan, holder, &one));
        let is_known =
            found.iter().any(|other| step_resolution::is_to_person(plan, (&other.department, &other.liaison.id), &one));
        let can_take = !search.is_involved(&roster.department, &liaison.id) && plan.reaches(liaison);
        if can_take && !is_holder && !is_known {
            found.push(one);
        }
    }
    by_name(found)
}

/// How a form identifies a person: ids are unique only within a roster.
pub fn value_of(roster: &DepartmentId, liaison: &LiaisonId) -> String {
    format!("{roster}/{liaison}")
}

impl HandOver {
    fn is_to(&self, found: &Found) -> bool {
        self.roster == found.department && self.to == found.liaison.id
    }
}

fn is_chosen(found: &Found, to: &str) -> bool {
    value_of(&found.department, &found.liaison.id) == to || found.liaison.id.as_str() == to
}

fn by_name(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|one, other| (&one.liaison.name, &one.department).cmp(&(&other.liaison.name, &other.department)));
    found
}

fn just_handed_to(track: &Track, found: &Found, now: DateTime<Utc>) -> bool {
    let theirs = track.pages.iter().filter(|page| page.is_to(&found.department, &found.liaison.id));
    let mut handed = theirs.filter(|page| page.reason == PageReason::HandedOver && !page.is_dead());
    handed.any(|page| now - page.at < AGAIN_AFTER)
}
