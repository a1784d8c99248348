//! Whom a class would page first, by the decider itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::difference::Window;
use crate::domain::difference::duty::DutyChange;
use crate::domain::difference::people::{People, Person};
use crate::domain::escalation::event::{Event, Paged};
use crate::domain::escalation::input::Context;
use crate::domain::escalation::open::{Opening, open};
use crate::domain::id::{DepartmentId, IncidentId};
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::plan::Plan;
use crate::domain::playbook::ladder::Target;
use crate::domain::playbook::matching::choose;
use crate::domain::playbook::{Playbook, Staffing};
use crate::domain::roster::Roster;

/// So many instants are asked of one class at most: its first answer that differs is nearly always among the first few,
/// and a plan that differs at every turn is told by the duty anyway.
const INSTANTS_MAX: usize = 96;

/// One department's first page of a class goes to somebody else, at least at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// The playbook's name: the class, or `class.variant`.
    pub class: String,
    /// The class in words, by the new plan where it is there.
    pub title: String,
    /// Whose track.
    pub department: DepartmentId,
    /// Whether the department is staffed then.
    pub staffing: Staffing,
    /// The first instant at which it was seen to differ.
    pub at: DateTime<Utc>,
    /// Who is paged at the opening by the old plan; nobody where the track waits.
    pub before: Vec<Person>,
    /// Who is paged at the opening by the new plan.
    pub after: Vec<Person>,
}

/// For each class and department that both plans page: the first time in its hours, and the first after them, at which
/// the first page goes to somebody else. By department, time and class.
pub fn changes(old: &Plan, new: &Plan, duty: &[DutyChange], window: Window) -> Vec<FirstPage> {
    let playbooks: BTreeMap<String, &Playbook> =
        old.playbooks.iter().chain(&new.playbooks).map(|playbook| (playbook.name(), playbook.as_ref())).collect();
    let mut found: Vec<FirstPage> =
        playbooks.into_iter().flat_map(|(name, playbook)| of_class(old, new, &name, playbook, duty, window)).collect();
    found.sort_by(|one, other| (&one.department, one.at, &one.class).cmp(&(&other.department, other.at, &other.class)));
    found
}

/// An incident that a playbook answers, as plain as it can be.
pub fn example(playbook: &Playbook) -> Incoming {
    let conditions = &playbook.conditions;
    Incoming {
        class: playbook.class.to_string(),
        confidence: conditions.confidence_at_least,
        facility: conditions.facilities.first().cloned(),
        network: conditions.networks.first().cloned(),
        language: conditions.languages.first().cloned(),
        flags: conditions.any_flag.first().cloned().into_iter().collect(),
        reach: conditions.reach_at_least,
        ..Incoming::default()
    }
}

fn of_class(
    old: &Plan,
    new: &Plan,
    name: &str,
    playbook: &Playbook,
    duty: &[DutyChange],
    window: Window,
) -> Vec<FirstPage> {
    let incident = example(playbook);
    let mut found: Vec<FirstPage> = Vec::new();
    for at in instants(old, new, &incident, duty, window) {
        let (before, after) = (opened(old, &incident, at), opened(new, &incident, at));
        for (department, paged_now) in &after {
            let Some(paged_before) = before.get(department) else { continue };
            let staffing = if new.is_staffed(department, at) { Staffing::Hours } else { Staffing::AfterHours };
            let is_told = found.iter().any(|one| (&one.department, one.staffing) == (department, staffing));
            if !is_told && !is_same(old, new, paged_before, paged_now) {
                let (class, department) = (name.to_owned(), department.clone());
                let (before, after) = (persons(paged_before), persons(paged_now));
                let title = playbook.title.clone();
                found.push(FirstPage { class, title, department, staffing, at, before, after });
            }
        }
    }
    found
}

/// When to ask: the first time in and after the hours of each department that the class pages, and the same within each
/// change of duty that can matter to it.
fn instants(
    old: &Plan,
    new: &Plan,
    incident: &Incoming,
    duty: &[DutyChange],
    window: Window,
) -> impl Iterator<Item = DateTime<Utc>> {
    let chosen = [old, new].map(|plan| choose(&plan.playbooks, &incident.class, incident));
    let playbooks = || chosen.iter().flatten();
    let own: BTreeSet<&DepartmentId> = playbooks().flat_map(|playbook| &playbook.departments).collect();
    let steps = playbooks().flat_map(|playbook| &playbook.ladder.steps);
    let elsewhere = steps.filter_map(|step| match &step.page {
        Target::Elsewhere(department, _) => Some(department),
        _ => None,
    });
    let next = own.iter().flat_map(|department| [old, new].map(|plan| plan.rosters.get(*department)));
    let next = next.flatten().filter_map(|roster| roster.escalate_to.as_ref());
    let others = next.chain(elsewhere).chain([&old.fallback, &new.fallback]);
    let matter: BTreeSet<&DepartmentId> = own.iter().copied().chain(others).collect();
    let rosters: Vec<&Roster> =
        own.iter().filter_map(|department| new.rosters.get(*department)).map(AsRef::as_ref).collect();
    let changes = duty.iter().filter(|change| matter.contains(&change.department));
    let spans = [(window.from, window.to)].into_iter().chain(changes.map(|change| (change.from, change.to)));
    let asked = spans.flat_map(|(from, to)| {
        let turns = rosters.iter().filter_map(move |roster| first_turn(roster, from, to));
        [from].into_iter().chain(turns)
    });
    asked.collect::<BTreeSet<_>>().into_iter().take(INSTANTS_MAX)
}

/// The first instant at which a department opens or closes.
fn first_turn(roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let staffed = roster.is_staffed(from);
    let mut at = from;
    loop {
        // Hours look a month ahead and no further.
        let month = at + TimeDelta::days(28);
        at = roster.hours.next_edge(roster.timezone, at).or_else(|| (!roster.hours.is_empty()).then_some(month))?;
        if at >= to {
            return None;
        }
        if roster.is_staffed(at) != staffed {
            return Some(at);
        }
    }
}

/// Who is paged at the opening, by track; empty where a track waits.
fn opened(plan: &Plan, incident: &Incoming, at: DateTime<Utc>) -> BTreeMap<DepartmentId, Vec<Paged>> {
    let playbook = choose(&plan.playbooks, &incident.class, incident);
    // The name of a source that no configuration has: names are not empty.
    let (Some(playbook), Ok(source)) = (playbook, "diff".parse()) else { return BTreeMap::new() };
    let context = Context { plan, playbook, now: Now::agreed(at), entropy: &Entropy::NONE };
    let class = incident.class.clone();
    let opening = Opening { id: IncidentId::from_random(0), source, class, incoming: incident.clone() };
    let decision = open(&context, opening);
    let tracks = decision.after.tracks.iter().map(|track| (track.department.clone(), Vec::new()));
    let mut paged: BTreeMap<DepartmentId, Vec<Paged>> = tracks.collect();
    for event in decision.events {
        if let Event::StepFired(fired) = event {
            paged.entry(fired.department).or_default().extend(fired.pages);
        }
    }
    paged
}

fn is_same(old: &Plan, new: &Plan, before: &[Paged], after: &[Paged]) -> bool {
    let is_one = |one: &Paged, other: &Paged| {
        let rosters = (old.rosters.get(&one.roster), new.rosters.get(&other.roster));
        let (Some(before), Some(after)) = rosters else { return false };
        one.roster == other.roster && People::between(before, after).is_one(&one.liaison, &other.liaison)
    };
    before.len() == after.len() && before.iter().zip(after).all(|(one, other)| is_one(one, other))
}

fn persons(paged: &[Paged]) -> Vec<Person> {
    paged.iter().map(|one| Person { id: one.liaison.clone(), name: one.name.clone() }).collect()
}
