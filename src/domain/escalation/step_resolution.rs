//! Resolves a step: whom it pages, and whom it passes over.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::event::{Because, Channel, Event, Next, Paged, PassedOver, StepFired, StepPosition};
use crate::domain::escalation::incident::{Incident, OpenPage, Track};
use crate::domain::escalation::input::Context;
use crate::domain::escalation::pace::CATCH_UP_PAUSE;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::page::PageReason;
use crate::domain::plan::{Found, Plan, Search, Way};
use crate::domain::playbook::ladder::{Ladder, Target};
use crate::domain::roster::Liaison;

/// A step counts as overdue if it runs this late; a healthy daemon is never this late.
const OVERDUE: TimeDelta = TimeDelta::seconds(2);

/// The resolution of a step: whom it pages, and whom it passes over.
#[derive(Debug, Default)]
pub struct StepResolution<'plan> {
    /// People to page, each once.
    pub people: Vec<(Found<'plan>, Vec<Channel>)>,
    /// People not to page, and why.
    pub passed_over: Vec<PassedOver>,
    /// Everyone who could be paged is involved: the one person here is paged anyway, with only the reference.
    pub is_last_resort: bool,
}

impl<'plan> StepResolution<'plan> {
    /// Resolves a track's next step at wall clock time `wall`.
    pub fn plan(
        incident: &'plan Incident,
        context: &Context<'plan>,
        track: &Track,
        next: Next,
        wall: DateTime<Utc>,
    ) -> Self {
        let ladder = incident.ladder(track, context.playbook);
        let search = Search::new(context.plan, wall, &incident.involved);
        let mut resolution = Self::default();
        for (target, by, due) in wanted(track, ladder, next.step) {
            resolution.try_target(context, &search, track, Wanted { target, by, due, next });
        }
        if next.reason == PageReason::HolderUnreachable {
            let due = context.now.logical;
            let colleagues = [Target::Role(Role::backup()), Target::Role(Role::primary())];
            let wanted = wanted(track, ladder, next.step);
            for target in colleagues.iter().filter(|one| wanted.iter().all(|(target, ..)| target != one)) {
                resolution.try_target(context, &search, track, Wanted { target, by: None, due, next });
            }
        }
        if resolution.people.is_empty() && needs_others(track, ladder, next, &resolution, &search) {
            resolution.page_last_resort(incident, context, &search, track, role_of(ladder, next.step));
        }
        resolution
    }

    /// Whether the step pages no one, so that the next one is due immediately. People who were already paged count,
    /// unless someone asked for the step: then someone new is wanted.
    pub fn found_nobody(&self, reason: PageReason) -> bool {
        let paged_already = self.passed_over.iter().any(|passed| passed.because == Because::PagedAlready);
        let wants_somebody_new = [PageReason::Escalated, PageReason::HolderUnreachable].contains(&reason);
        self.people.is_empty() && (!paged_already || wants_somebody_new)
    }

    /// Adds a person, unless already included.
    pub fn add(&mut self, found: Found<'plan>, by: Option<ChannelKind>, plan: &Plan, now: DateTime<Utc>) {
        let channels = channels(found.liaison, by, plan, now);
        if self.people.iter().all(|(one, _)| !is_same_person(one, &found)) {
            self.people.push((found, channels));
        }
    }

    /// The pages, numbered from after `made`.
    pub fn pages(&self, made: u32, context: &Context) -> Vec<Paged> {
        let numbered = (made + 1..).zip(&self.people);
        let paged = numbered.map(|(number, (found, channels))| Paged {
            number,
            liaison: found.liaison.id.clone(),
            name: found.liaison.name.clone(),
            roster: found.department.clone(),
            role: found.role.clone(),
            why: found.why.clone(),
            link: context.entropy.token(number).hash(),
            channels: channels.clone(),
        });
        paged.collect()
    }

    /// The event for the step.
    pub fn into_event(
        self,
        incident: &Incident,
        context: &Context,
        track: &Track,
        fired: Next,
        next: Option<Next>,
    ) -> Event {
        Event::StepFired(StepFired {
            department: track.department.clone(),
            step: fired.step,
            due_at: fired.at,
            reason: if self.is_last_resort { PageReason::LastResort } else { fired.reason },
            pages: self.pages(incident.pages_made, context),
            passed_over: self.passed_over,
            next,
        })
    }

    fn try_target(&mut self, context: &Context, search: &Search<'plan>, track: &Track, wanted: Wanted) {
        if let Some(involved) = search.passed_over(&track.department, wanted.target) {
            self.pass_over(wanted.target, Some(involved), Because::Involved);
        }
        match search.target(&track.department, wanted.target) {
            None => self.pass_over(wanted.target, None, Because::NobodyOnCall),
            Some(found) => match why_not(context.plan, track, &found, &wanted) {
                Some(because) => self.pass_over(wanted.target, Some(found.liaison), because),
                None => self.add(found, wanted.by, context.plan, context.now.logical),
            },
        }
    }

    fn page_last_resort(
        &mut self,
        incident: &Incident,
        context: &Context,
        search: &Search<'plan>,
        track: &Track,
        role: Role,
    ) {
        let passed = |found: &Found| track.passed(&found.department, &found.liaison.id);
        let can_be_paged = |found: &Found| context.plan.reaches(found.liaison);
        let free = |found: &Found| passed(found).is_none() && can_be_paged(found);
        let (plan, now) = (context.plan, context.now.logical);
        if let Some(found) = search.last_resort(&track.department, &role, &free) {
            return self.add(found, None, plan, now);
        }
        if !search.names_anybody() {
            return;
        }
        if let Some(found) = search.not_involved().find(free) {
            return self.add(found, None, plan, now);
        }
        let free = |found: &Found| can_be_paged(found) && passed(found) != Some(Because::Unreachable);
        if let Some(found) = search.although_involved(&free) {
            if paged_as_last_resort_just_now(incident, track, &found, now) {
                self.pass_over(&Target::Role(found.role), Some(found.liaison), Because::PagedAlready);
            } else {
                self.is_last_resort = true;
                self.add(found, None, plan, now);
            }
        }
    }

    fn pass_over(&mut self, target: &Target, liaison: Option<&Liaison>, because: Because) {
        let liaison = liaison.map(|liaison| liaison.id.clone());
        self.passed_over.push(PassedOver { target: target.clone(), liaison, because });
    }
}

/// A person that a step wants to page.
struct Wanted<'a> {
    target: &'a Target,
    by: Option<ChannelKind>,
    due: DateTime<Utc>,
    next: Next,
}

/// What a step wants: its own target or, in a repeat, each of the ladder's targets once.
fn wanted<'a>(
    track: &Track,
    ladder: &'a Ladder,
    step: StepPosition,
) -> Vec<(&'a Target, Option<ChannelKind>, DateTime<Utc>)> {
    let mut all = ladder.steps.iter().map(|step| (&step.page, step.by, track.base + step.at.delta()));
    match step {
        StepPosition::Step(position) => all.nth(position.into()).into_iter().collect(),
        StepPosition::LastResort => Vec::new(),
        StepPosition::Repeat(_) => {
            let mut once: Vec<(&Target, Option<ChannelKind>, DateTime<Utc>)> = Vec::new();
            for wanted in all {
                match once.iter_mut().find(|(target, ..)| *target == wanted.0) {
                    // If two steps page a target over different channels, a repeat uses all channels.
                    Some((_, by, _)) => *by = by.filter(|by| wanted.1 == Some(*by)),
                    None => once.push(wanted),
                }
            }
            once
        }
    }
}

/// Whether another track of the incident has just paged the person as its last resort: one link hands off all tracks.
fn paged_as_last_resort_just_now(incident: &Incident, track: &Track, found: &Found, now: DateTime<Utc>) -> bool {
    let others = incident.tracks.iter().filter(|other| other.department != track.department);
    let pages = others.flat_map(|other| &other.pages).filter(|page| page.reason == PageReason::LastResort);
    let mut theirs = pages.filter(|page| page.is_to(&found.department, &found.liaison.id));
    theirs.any(|page| now - page.at < CATCH_UP_PAUSE)
}

fn why_not(plan: &Plan, track: &Track, found: &Found, wanted: &Wanted) -> Option<Because> {
    let lost_holder = wanted.next.reason == PageReason::HolderUnreachable;
    let first_escalation = matches!(wanted.next.step, StepPosition::Step(_)) || lost_holder;
    let asked_for = wanted.next.reason == PageReason::Escalated;
    // A page that was called off before a provider accepted it has reached no one.
    let went_out = |page: &&OpenPage| page.accepted || !page.called_off;
    let mut theirs =
        track.pages.iter().filter(went_out).filter(|page| page.is_to(&found.department, &found.liaison.id));
    let paged_already = first_escalation
        && theirs.any(|page| {
            let is_reminded = page.reason == PageReason::NotActedOn && page.paging_step == track.paging_steps;
            page.at >= wanted.due || asked_for && page.at >= track.base || lost_holder && is_reminded
        });
    if !plan.reaches(found.liaison) {
        Some(Because::NoChannel)
    } else if first_escalation && track.passed(&found.department, &found.liaison.id).is_some() {
        track.passed(&found.department, &found.liaison.id)
    } else if paged_already {
        Some(Because::PagedAlready)
    } else {
        None
    }
}

/// Whether others must answer for the department: no one in it is on call for the roles on its ladder, or the ladder
/// ends here.
fn needs_others(track: &Track, ladder: &Ladder, next: Next, resolution: &StepResolution, search: &Search) -> bool {
    let roles = ladder.steps.iter().filter_map(|step| match &step.page {
        Target::Role(role) => Some(role),
        _ => None,
    });
    let ends = match next.step {
        StepPosition::Step(position) => usize::from(position) + 1 >= ladder.steps.len(),
        StepPosition::Repeat(_) | StepPosition::LastResort => true,
    };
    let wants_own = wanted(track, ladder, next.step).iter().any(|(target, ..)| matches!(target, Target::Role(_)));
    let nobody_there = || roles.clone().all(|role| search.role(&track.department, role).is_none());
    resolution.found_nobody(next.reason) && (ends || wants_own && nobody_there())
}

fn role_of(ladder: &Ladder, step: StepPosition) -> Role {
    let page = match step {
        StepPosition::Step(position) => ladder.steps.get(usize::from(position)).map(|step| &step.page),
        StepPosition::Repeat(_) | StepPosition::LastResort => None,
    };
    match page {
        Some(Target::Role(role)) => role.clone(),
        _ => Role::primary(),
    }
}

/// Defers an overdue step for a moment if one of its people was just paged for this incident by another track.
pub fn deferred(
    incident: &Incident,
    plan: &Plan,
    track: &Track,
    ladder: &Ladder,
    resolution: &StepResolution,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let next = track.next?;
    let due = match next.step {
        StepPosition::Step(position) => track.base + ladder.steps.get(usize::from(position))?.at.delta(),
        StepPosition::Repeat(_) | StepPosition::LastResort => next.at,
    };
    let by_time = [PageReason::Opened, PageReason::NotAcknowledged, PageReason::Repeated].contains(&next.reason);
    if now - due <= OVERDUE || !by_time {
        return None;
    }
    let others = incident.tracks.iter().filter(|other| other.department != track.department);
    let pages = others.flat_map(|other| &other.pages).filter(|page| now - page.at < CATCH_UP_PAUSE);
    let theirs = pages.filter(|page| resolution.people.iter().any(|(found, _)| rings_at(page, found, plan)));
    theirs.map(|page| page.at + CATCH_UP_PAUSE).max()
}

/// Whether a page went to this person, or to a shared contact, even under another roster's id.
fn rings_at(page: &OpenPage, found: &Found, plan: &Plan) -> bool {
    let liaison = plan.rosters.get(&page.roster).and_then(|roster| roster.liaison(&page.liaison));
    page.is_to(&found.department, &found.liaison.id)
        || liaison.is_some_and(|liaison| liaison.shares_contact(found.liaison))
}

fn is_same_person(one: &Found, other: &Found) -> bool {
    one.liaison.is_same_person(&one.department, other.liaison, &other.department)
}

/// Whether the person found is the one a page went to.
pub fn is_to_person(plan: &Plan, (roster, liaison): (&DepartmentId, &LiaisonId), found: &Found) -> bool {
    let paged = plan.rosters.get(roster).and_then(|roster| roster.liaison(liaison));
    found.department == *roster && found.liaison.id == *liaison
        || paged.is_some_and(|paged| paged.is_same_person(roster, found.liaison, &found.department))
}

/// A person's channels in order of time. A step's own channel is used if the person has it.
fn channels(liaison: &Liaison, by: Option<ChannelKind>, plan: &Plan, now: DateTime<Utc>) -> Vec<Channel> {
    let channel = |way: Way<'_>| Channel { by: way.by, to: way.to.to_owned(), at: now + way.after.delta() };
    plan.ways(liaison, by).into_iter().map(channel).collect()
}
