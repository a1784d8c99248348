//! The first escalation of one track if no one answers: who is paged when, for an opening at any instant.
//!
//! It follows the daemon's rules: a step that finds no one is followed immediately by the next, and if the department has no
//! one at all or the ladder ends, the last resort is paged.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::duty::{Duties, Duty, Need, Seat};
use crate::config::coverage::stretches::in_order;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::playbook::ladder::{Ladder, Target};

/// One page of an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    pub at: DateTime<Utc>,
    pub person: usize,
    /// The index of their department in the plan.
    pub department: usize,
}

/// A department's ladder with everyone it can page.
pub struct Escalation {
    /// The index of the track's department in the plan.
    pub department: usize,
    steps: Vec<Step>,
    /// Who is on call for the ladder's roles in the department itself.
    own: Vec<Arc<Duty>>,
    changes: Vec<DateTime<Utc>>,
}

struct Step {
    at: TimeDelta,
    target: Arc<Duty>,
    /// Set for a step that pages a role of the department itself.
    wants_own: bool,
    /// The last resort; only if the department ever lacks someone.
    last_resort: Option<Arc<Duty>>,
}

impl Escalation {
    /// The escalation of a department's track along a ladder.
    pub fn new(duties: &Duties<'_>, department: &DepartmentId, ladder: &Ladder) -> Self {
        let target = |target: &Target| match target {
            Target::Role(role) => duties.role(department, role),
            Target::Department(elsewhere, role) => duties.role(elsewhere, role),
            Target::Escalation => duties.last_resort(department, &Role::primary(), Need::Anybody),
        };
        let targets: Vec<Arc<Duty>> = ladder.steps.iter().map(|step| target(&step.page)).collect();
        let has_hole = targets.iter().any(|duty| duty.has_hole());
        let last_resort = |page: &Target| match page {
            Target::Role(role) => duties.last_resort(department, role, Need::Reachable),
            _ => duties.last_resort(department, &Role::primary(), Need::Reachable),
        };
        let is_own = |page: &Target| matches!(page, Target::Role(_));
        let own = ladder.steps.iter().zip(&targets).filter(|(step, _)| is_own(&step.page));
        let own: Vec<Arc<Duty>> = own.map(|(_, duty)| Arc::clone(duty)).collect();
        let step = |(step, target): (&crate::domain::playbook::ladder::Step, &Arc<Duty>)| Step {
            at: step.at.delta(),
            target: Arc::clone(target),
            wants_own: is_own(&step.page),
            last_resort: has_hole.then(|| last_resort(&step.page)),
        };
        let steps: Vec<Step> = ladder.steps.iter().zip(&targets).map(step).collect();
        let changes = changes(&steps, &own, has_hole);
        Self { department: duties.position(department), steps, own, changes }
    }

    /// The openings at which an escalation that starts immediately can change, in order.
    pub fn changes(&self) -> &[DateTime<Utc>] {
        &self.changes
    }

    fn asks_beyond(&self, position: usize, at: DateTime<Utc>) -> bool {
        let ends = position + 1 == self.steps.len();
        ends || self.steps[position].wants_own && self.own.iter().all(|duty| duty.at(at, &mut 0) == Seat::Empty)
    }
}

fn changes(steps: &[Step], own: &[Arc<Duty>], has_hole: bool) -> Vec<DateTime<Utc>> {
    let mut changes = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        changes.extend(step.target.periods.iter().map(|period| period.from - step.at));
        if !has_hole {
            continue;
        }
        // Steps may run early here, so every on-call change matters for every step.
        let last_resort = steps.iter().filter_map(|step| step.last_resort.as_ref());
        let targets = steps[position..].iter().map(|step| &step.target);
        let all = last_resort.chain(targets).chain(own);
        changes.extend(all.flat_map(|duty| &duty.periods).map(|period| period.from - step.at));
    }
    in_order(changes)
}

/// The pages of an escalation, asked for one start after another.
pub struct Pages {
    pub escalation: Arc<Escalation>,
    /// For each step, where its last answer is.
    near: Vec<usize>,
    start: Option<DateTime<Utc>>,
    found: Vec<Paging>,
}

impl Pages {
    pub fn new(escalation: Arc<Escalation>) -> Self {
        let near = vec![0; escalation.steps.len()];
        Self { escalation, near, start: None, found: Vec::new() }
    }

    /// The pages of an escalation that starts at an instant, in order.
    pub fn from(&mut self, start: DateTime<Utc>) -> &[Paging] {
        if self.start != Some(start) {
            self.start = Some(start);
            self.find(start);
        }
        &self.found
    }

    /// The pages that were last asked for.
    pub fn last(&self) -> &[Paging] {
        &self.found
    }

    fn find(&mut self, start: DateTime<Utc>) {
        let escalation = &self.escalation;
        self.found.clear();
        let mut at_once = None;
        for (position, (step, near)) in escalation.steps.iter().zip(&mut self.near).enumerate() {
            let at = at_once.take().unwrap_or(start + step.at);
            let seat = match step.target.at(at, near) {
                Seat::Empty | Seat::Unreachable if escalation.asks_beyond(position, at) => {
                    step.last_resort.as_ref().map_or(Seat::Empty, |duty| duty.at(at, &mut 0))
                }
                seat => seat,
            };
            match seat {
                Seat::Taken { person, department } => self.found.push(Paging { at, person, department }),
                Seat::Empty | Seat::Unreachable => at_once = Some(at),
            }
        }
    }
}

/// When this track alone pages a second person, and a second person in another department.
pub fn alone(pages: &mut Pages, opened: DateTime<Utc>) -> [Option<TimeDelta>; 2] {
    let department = pages.escalation.department;
    let [first, later @ ..] = pages.from(opened) else { return [None, None] };
    let others = || later.iter().filter(|page| page.person != first.person);
    let second = others().next();
    let other = Some(first).filter(|first| first.department != department);
    let other = other.or_else(|| others().find(|page| page.department != department));
    [second, other].map(|page| page.map(|page| page.at - opened))
}

/// When, after the track's first page, someone else is paged, and someone else in another department.
pub fn after_first<'p>(
    department: usize,
    opened: DateTime<Utc>,
    own: &[Paging],
    all: impl Iterator<Item = &'p Paging>,
) -> [Option<TimeDelta>; 2] {
    let Some(first) = own.first() else { return [None, None] };
    let mut soonest = [None, (first.department != department).then_some(first.at)];
    for page in all.filter(|page| page.person != first.person) {
        let at = page.at.max(opened);
        let sooner = |known: Option<DateTime<Utc>>| Some(known.map_or(at, |known| known.min(at)));
        soonest[0] = sooner(soonest[0]);
        if page.department != department {
            soonest[1] = sooner(soonest[1]);
        }
    }
    soonest.map(|at| at.map(|at| at - opened))
}
