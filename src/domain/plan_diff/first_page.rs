//! Whom a class would page first, according to the decider itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::event::{Event, Paged, StepFired};
use crate::domain::escalation::input::{Context, Input};
use crate::domain::escalation::open::{Opening, open};
use crate::domain::id::{DepartmentId, IncidentId, Role};
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::plan::Plan;
use crate::domain::plan_diff::duty::DutyChange;
use crate::domain::plan_diff::people::{People, Person};
use crate::domain::plan_diff::window::Window;
use crate::domain::playbook::ladder::Target;
use crate::domain::playbook::matching::choose;
use crate::domain::playbook::{Playbook, Staffing};
use crate::domain::principal::Principal;

/// How many instants to check per track, during and after hours: if on-call assignments differ, the first page almost
/// always differs at the first of them.
const ASKED_MAX: usize = 32;

/// How many of them may be on-call changes in departments that answer only if no one else does.
const OTHERS_MAX: usize = 8;

/// A department's first page for a class goes to someone else, at least at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// The playbook's name: the class, or `class.variant`.
    pub class: String,
    /// The class's title, from the new plan if it has one.
    pub title: String,
    pub department: DepartmentId,
    /// Whether the department is staffed at that time.
    pub staffing: Staffing,
    /// The first instant when a difference was found.
    pub at: DateTime<Utc>,
    /// Who is paged first in the old plan; empty if the track waits for its department to open.
    pub before: Vec<Person>,
    /// Who is paged first in the new plan.
    pub after: Vec<Person>,
}

/// For each class and department in both plans: the first time during and after hours when the first page goes to
/// someone else. By department, time and class.
pub fn changes(old: &Plan, new: &Plan, duty: &[DutyChange], window: Window) -> Vec<FirstPage> {
    let playbooks: BTreeMap<String, &Playbook> =
        old.playbooks.iter().chain(&new.playbooks).map(|playbook| (playbook.name(), playbook.as_ref())).collect();
    let comparison = Comparison { old, new, duty, moments: moments(new, duty, window) };
    let mut found: Vec<FirstPage> =
        playbooks.into_iter().flat_map(|(name, playbook)| comparison.of_class(&name, playbook)).collect();
    found.sort_by(|one, other| (&one.department, one.at, &one.class).cmp(&(&other.department, other.at, &other.class)));
    found
}

/// A minimal incident for a playbook.
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

/// An instant to check.
struct Moment {
    /// Whether the department is staffed at that time.
    staffing: Staffing,
    at: DateTime<Utc>,
    /// The role that changes; `None` at the start of the window, when any may.
    role: Option<Role>,
}

/// For each department, the first time during and after hours: in the whole window, and in each on-call change.
fn moments(new: &Plan, duty: &[DutyChange], window: Window) -> BTreeMap<DepartmentId, Vec<Moment>> {
    let mut moments: BTreeMap<DepartmentId, Vec<Moment>> = BTreeMap::new();
    let whole = new.rosters.keys().map(|department| (department, None, window.from, window.to));
    let changes = duty.iter().map(|one| (&one.department, Some(&one.role), one.from, one.to));
    for (department, role, from, to) in whole.chain(changes) {
        let Some(roster) = new.rosters.get(department) else { continue };
        let staffing = |at| staffing(roster.is_staffed(at));
        let both = [from].into_iter().chain(roster.next_turn(from, to));
        let both = both.map(|at| Moment { staffing: staffing(at), at, role: role.cloned() });
        moments.entry(department.clone()).or_default().extend(both);
    }
    moments
}

fn staffing(is_staffed: bool) -> Staffing {
    if is_staffed { Staffing::Hours } else { Staffing::AfterHours }
}

struct Comparison<'a> {
    old: &'a Plan,
    new: &'a Plan,
    duty: &'a [DutyChange],
    moments: BTreeMap<DepartmentId, Vec<Moment>>,
}

impl Comparison<'_> {
    fn of_class(&self, name: &str, playbook: &Playbook) -> Vec<FirstPage> {
        let incident = example(playbook);
        let chosen = [self.old, self.new].map(|plan| choose(&plan.playbooks, &incident.class, &incident));
        let [Some(before), Some(after)] = chosen else { return Vec::new() };
        let targets: BTreeSet<&Target> = [before, after].into_iter().flat_map(|one| first_targets(one)).collect();
        let mut found = Vec::new();
        for department in paged(before).intersection(&paged(after)) {
            for part in [Staffing::Hours, Staffing::AfterHours] {
                let asked = self.instants(department, part, &targets);
                let first = asked.into_iter().find_map(|at| self.difference(&incident, department, at));
                found.extend(first.map(|(at, before, after)| FirstPage {
                    class: name.to_owned(),
                    title: playbook.title.clone(),
                    department: (*department).clone(),
                    staffing: part,
                    at,
                    before,
                    after,
                }));
            }
        }
        found
    }

    /// The instants to check for a track, in order.
    fn instants(
        &self,
        department: &DepartmentId,
        part: Staffing,
        targets: &BTreeSet<&Target>,
    ) -> BTreeSet<DateTime<Utc>> {
        let is_own = |role: &Role| targets.iter().any(|target| matches!(target, Target::Role(one) if one == role));
        let moments = self.moments.get(department).into_iter().flatten();
        let moments = moments.filter(|moment| moment.staffing == part && moment.role.as_ref().is_none_or(is_own));
        let own = moments.map(|moment| moment.at).take(ASKED_MAX - OTHERS_MAX);
        let next = [self.old, self.new].map(|plan| plan.rosters.get(department)?.escalate_to.as_ref());
        let next: Vec<_> = next.into_iter().flatten().chain([&self.old.fallback, &self.new.fallback]).collect();
        let matters = |one: &&DutyChange| {
            let elsewhere = |target: &&Target| match target {
                Target::Department(department, role) => (department, role) == (&one.department, &one.role),
                Target::Role(_) | Target::Escalation => false,
            };
            next.contains(&&one.department) || targets.iter().any(elsewhere)
        };
        let is_then = |at: &DateTime<Utc>| staffing(self.new.is_staffed(department, *at)) == part;
        let others = self.duty.iter().filter(matters).map(|one| one.from).filter(is_then).take(OTHERS_MAX);
        own.chain(others).collect()
    }

    /// Whom a track pages first in each plan, if that differs.
    fn difference(
        &self,
        incident: &Incoming,
        department: &DepartmentId,
        at: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, Vec<Person>, Vec<Person>)> {
        let before = opened(self.old, incident, at).remove(department)?;
        let after = opened(self.new, incident, at).remove(department)?;
        (!is_same(self.old, self.new, &before, &after)).then(|| (at, persons(&before), persons(&after)))
    }
}

/// The departments that a class can page when it opens.
fn paged(playbook: &Playbook) -> BTreeSet<&DepartmentId> {
    let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
    playbook.departments.iter().chain(stand_ins).collect()
}

/// The targets of the first steps of its ladders.
fn first_targets(playbook: &Playbook) -> impl Iterator<Item = &Target> {
    let after_hours = playbook.after_hours.iter().filter_map(|rules| rules.ladder.as_ref());
    let promoted = playbook.promotions.iter().filter_map(|promotion| promotion.ladder.as_ref());
    let ladders = [&playbook.ladder].into_iter().chain(after_hours).chain(promoted);
    ladders.filter_map(|ladder| ladder.steps.first()).map(|step| &step.page)
}

/// Who is paged first, by track; empty if a track waits for its department to open.
fn opened(plan: &Plan, incident: &Incoming, at: DateTime<Utc>) -> BTreeMap<DepartmentId, Vec<Paged>> {
    let playbook = choose(&plan.playbooks, &incident.class, incident);
    // A source name that no configuration uses.
    let (Some(playbook), Ok(source)) = (playbook, "diff".parse()) else { return BTreeMap::new() };
    let context = Context { plan, playbook, now: Now::agreed(at), entropy: &Entropy::NONE };
    let class = incident.class.clone();
    let by = Principal::Daemon;
    let opening = Opening { id: IncidentId::from_random(0), by, source, class, incoming: incident.clone() };
    let decision = open(&context, opening);
    let tracks = decision.after.tracks.iter().map(|track| (track.department.clone(), Vec::new()));
    let mut paged: BTreeMap<DepartmentId, Vec<Paged>> = tracks.collect();
    for fired in decision.events.into_iter().filter_map(fired) {
        paged.entry(fired.department).or_default().extend(fired.pages);
    }
    // A ladder may start later than the opening.
    let begun = decision.after.tracks.iter().filter(|track| track.is_waiting() && track.base <= at);
    let first_steps: BTreeSet<DateTime<Utc>> = begun.filter_map(|track| Some(track.next?.at)).collect();
    let mut incident = decision.after;
    for at in first_steps {
        let context = Context { now: Now::agreed(at), ..context };
        let Ok(decision) = incident.decide(&context, Input::Timeout) else { break };
        for fired in decision.events.into_iter().filter_map(fired) {
            let people = paged.entry(fired.department).or_default();
            if people.is_empty() {
                *people = fired.pages;
            }
        }
        incident = decision.after;
    }
    paged
}

fn fired(event: Event) -> Option<StepFired> {
    match event {
        Event::StepFired(fired) => Some(fired),
        _ => None,
    }
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
