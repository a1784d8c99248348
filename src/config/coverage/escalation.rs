//! The first escalation of one track if no one answers: who is paged when, for an opening at any instant.
//!
//! It follows the daemon's rules: a step that finds no one is followed immediately by the next, and if the department has no
//! one at all or the ladder ends, the last resort is paged.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::duty::{Duties, Duty, Need, Seat};
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
    own: Vec<Rc<Duty>>,
    has_hole: bool,
}

struct Step {
    at: TimeDelta,
    target: Rc<Duty>,
    /// Set for a step that pages a role of the department itself.
    wants_own: bool,
    /// The last resort; only if the department ever lacks someone.
    last_resort: Option<Rc<Duty>>,
}

impl Escalation {
    /// The escalation of a department's track along a ladder.
    pub fn new(duties: &Duties<'_>, department: &DepartmentId, ladder: &Ladder) -> Self {
        let target = |target: &Target| match target {
            Target::Role(role) => duties.role(department, role),
            Target::Department(elsewhere, role) => duties.role(elsewhere, role),
            Target::Escalation => duties.last_resort(department, &Role::primary(), Need::Anybody),
        };
        let targets: Vec<Rc<Duty>> = ladder.steps.iter().map(|step| target(&step.page)).collect();
        let has_hole = targets.iter().any(|duty| duty.has_hole());
        let last_resort = |page: &Target| match page {
            Target::Role(role) => duties.last_resort(department, role, Need::Reachable),
            _ => duties.last_resort(department, &Role::primary(), Need::Reachable),
        };
        let is_own = |page: &Target| matches!(page, Target::Role(_));
        let own = ladder.steps.iter().zip(&targets).filter(|(step, _)| is_own(&step.page));
        let own = own.map(|(_, duty)| Rc::clone(duty)).collect();
        let step = |(step, target): (&crate::domain::playbook::ladder::Step, &Rc<Duty>)| Step {
            at: step.at.delta(),
            target: Rc::clone(target),
            wants_own: is_own(&step.page),
            last_resort: has_hole.then(|| last_resort(&step.page)),
        };
        let steps = ladder.steps.iter().zip(&targets).map(step).collect();
        Self { department: duties.position(department), steps, own, has_hole }
    }

    /// The pages of an escalation that starts at an instant, in order.
    pub fn pages(&self, start: DateTime<Utc>) -> impl Iterator<Item = Paging> + '_ {
        let mut at_once = None;
        self.steps.iter().enumerate().filter_map(move |(position, step)| {
            let at = at_once.take().unwrap_or(start + step.at);
            let seat = match step.target.at(at) {
                Seat::Taken { .. } => step.target.at(at),
                _ if self.asks_beyond(position, at) => {
                    step.last_resort.as_ref().map_or(Seat::Empty, |duty| duty.at(at))
                }
                _ => Seat::Empty,
            };
            match seat {
                Seat::Taken { person, department } => Some(Paging { at, person, department }),
                Seat::Empty | Seat::Unreachable => {
                    at_once = Some(at);
                    None
                }
            }
        })
    }

    /// Adds the openings at which an escalation that starts immediately can change.
    pub fn add_changes(&self, changes: &mut Vec<DateTime<Utc>>) {
        for (position, step) in self.steps.iter().enumerate() {
            changes.extend(step.target.periods.iter().map(|period| period.from - step.at));
            if !self.has_hole {
                continue;
            }
            // Steps may run early here, so every on-call change matters for every step.
            let last_resort = self.steps.iter().filter_map(|step| step.last_resort.as_ref());
            let targets = self.steps[position..].iter().map(|step| &step.target);
            let all = last_resort.chain(targets).chain(&self.own);
            changes.extend(all.flat_map(|duty| &duty.periods).map(|period| period.from - step.at));
        }
    }

    fn asks_beyond(&self, position: usize, at: DateTime<Utc>) -> bool {
        let ends = position + 1 == self.steps.len();
        ends || self.steps[position].wants_own && self.own.iter().all(|duty| duty.at(at) == Seat::Empty)
    }
}

/// When this track alone pages a second person, and a second person in another department.
pub fn alone(escalation: &Escalation, opened: DateTime<Utc>) -> [Option<TimeDelta>; 2] {
    let mut pages = escalation.pages(opened);
    let Some(first) = pages.next() else { return [None, None] };
    let mut found = [None, (first.department != escalation.department).then(|| first.at - opened)];
    for page in pages.filter(|page| page.person != first.person) {
        found[0] = found[0].or(Some(page.at - opened));
        if page.department != escalation.department {
            found[1] = found[1].or(Some(page.at - opened));
        }
    }
    found
}

/// When, after the track's first page, someone else is paged, and someone else in another department.
pub fn after_first<'p>(
    department: usize,
    opened: DateTime<Utc>,
    own: &[Paging],
    all: impl Iterator<Item = &'p Paging>,
) -> [Option<TimeDelta>; 2] {
    let Some(first) = own.first() else { return [None, None] };
    let mut found = [None, (first.department != department).then(|| first.at - opened)];
    for page in all.filter(|page| page.person != first.person) {
        let within = page.at.max(opened) - opened;
        let sooner = |known: Option<TimeDelta>| Some(known.map_or(within, |known| known.min(within)));
        found[0] = sooner(found[0]);
        if page.department != department {
            found[1] = sooner(found[1]);
        }
    }
    found
}
