//! Who can be paged for a role over the whole period, computed once and looked up often.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::memo::Memo;
use crate::config::coverage::persons::{By, numbered};
use crate::config::coverage::span::Span;
use crate::config::coverage::stretches::index_at;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::involved::NOBODY;
use crate::domain::plan::{Plan, Search};
use crate::domain::roster::change::Shift;
use crate::domain::roster::{Liaison, Roster};

/// A track is on hold for at most a month.
const LONGEST_HOLD: TimeDelta = TimeDelta::days(32);

/// The hold is always applied for an opening nearer than this; for later ones the roster is asked.
const SURELY_AWAITED: TimeDelta = TimeDelta::days(28);

/// The result of looking for a person to page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// No one is on call.
    Empty,
    /// Someone is on call but has no usable contact.
    Unreachable,
    /// Someone is on call. People who share a contact have the same number: a page to one reaches the other.
    Taken {
        person: usize,
        /// The index of their department in the plan.
        department: usize,
    },
}

/// The answer from one instant until the next.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub from: DateTime<Utc>,
    pub seat: Seat,
}

/// All answers, in order; never empty.
#[derive(Debug)]
pub struct Duty {
    pub periods: Vec<Period>,
    /// The shifts they come from, in order; those of `primary` may go on after the answers. Empty if several rosters were
    /// asked.
    pub shifts: Vec<Shift>,
}

impl Duty {
    /// Who is paged at an instant; `near` is the index of the last answer, near which this one is looked for first.
    pub fn at(&self, at: DateTime<Utc>, near: &mut usize) -> Seat {
        *near = index_at(&self.periods, |period| period.from, at, *near);
        self.periods.get(*near).map_or(Seat::Empty, |period| period.seat)
    }

    /// Whether there is a time at which no one can be paged.
    pub fn has_hole(&self) -> bool {
        self.periods.iter().any(|period| !matches!(period.seat, Seat::Taken { .. }))
    }
}

/// The answers computed so far.
pub struct Duties<'a> {
    plan: &'a Plan,
    /// Longer than the period, because a ladder that starts at its end continues after it.
    span: Span,
    /// Until when the shifts of every `primary` are needed.
    loads_to: DateTime<Utc>,
    positions: BTreeMap<&'a DepartmentId, usize>,
    persons: BTreeMap<(usize, &'a LiaisonId), usize>,
    held: Memo<(DepartmentId, Role), Duty>,
    last_resort: Memo<(DepartmentId, Role, Need), Duty>,
    staffed: Memo<DepartmentId, Staffing>,
}

/// When a department is staffed and when it is not, in order.
#[derive(Debug)]
pub struct Staffing(pub Vec<Stretch>);

impl Staffing {
    /// The stretch that an instant is in; `near` is the index of the last answer, near which this one is looked for first.
    pub fn at(&self, at: DateTime<Utc>, near: &mut usize) -> Option<Stretch> {
        *near = index_at(&self.0, |stretch| stretch.from, at, *near);
        self.0.get(*near).copied().filter(|stretch| stretch.from <= at)
    }
}

/// A time during which a department is either staffed or not; the next one starts where it ends.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub staffed: bool,
}

/// Whom a search of the last resort accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The first person on call.
    Anybody,
    /// The first person with a usable contact.
    Reachable,
}

impl<'a> Duties<'a> {
    /// Computes nothing until it is asked.
    pub fn new(plan: &'a Plan, span: Span, loads_to: DateTime<Utc>) -> Self {
        let all = plan.playbooks.iter().flat_map(|playbook| playbook.all_ladders());
        let longest = all.map(|ladder| ladder.last_step_at().delta()).max().unwrap_or_default();
        let holds = plan.playbooks.iter().any(|one| one.after_hours.as_ref().is_some_and(|rules| rules.hold));
        let hold = if holds { LONGEST_HOLD } else { TimeDelta::zero() };
        let positions: BTreeMap<_, _> = plan.rosters.keys().enumerate().map(|(position, id)| (id, position)).collect();
        Self {
            plan,
            span: Span { to: span.to + longest + hold, ..span },
            loads_to,
            persons: numbered(plan, By::Contact),
            positions,
            held: Memo::default(),
            last_resort: Memo::default(),
            staffed: Memo::default(),
        }
    }

    /// The department's index in the plan.
    pub fn position(&self, department: &DepartmentId) -> usize {
        self.positions.get(department).copied().unwrap_or(usize::MAX)
    }

    /// Who is on call for a role in a department.
    pub fn role(&self, department: &DepartmentId, role: &Role) -> Arc<Duty> {
        self.held.get((department.clone(), role.clone()), || {
            let roster = self.plan.rosters.get(department);
            let to = if *role == Role::primary() { self.span.to.max(self.loads_to) } else { self.span.to };
            let shifts = roster.map(|roster| roster.shifts(role, self.span.from, to)).unwrap_or_default();
            let period = |shift: &Shift| Period { from: shift.from, seat: self.seat_of(department, shift) };
            let within = shifts.iter().take_while(|shift| shift.from < self.span.to);
            let mut periods: Vec<Period> = within.map(period).collect();
            if periods.is_empty() {
                periods.push(Period { from: self.span.from, seat: Seat::Empty });
            }
            Duty { periods, shifts }
        })
    }

    /// The last resort of a department, from the same search that the daemon uses.
    pub fn last_resort(&self, department: &DepartmentId, role: &Role, need: Need) -> Arc<Duty> {
        self.last_resort.get((department.clone(), role.clone(), need), || {
            let periods = self.beyond_points(department, role).into_iter().map(|at| {
                let free = |liaison: &Liaison| need == Need::Anybody || self.plan.reaches(liaison);
                let search = Search::new(self.plan, at, &NOBODY);
                let found = search.last_resort(department, role, &|found| free(found.liaison));
                let seat = found.map_or(Seat::Empty, |found| self.seat(&found.department, found.liaison));
                Period { from: at, seat }
            });
            Duty { periods: periods.collect(), shifts: Vec::new() }
        })
    }

    /// When a department is staffed and when it is not.
    pub fn staffing(&self, department: &DepartmentId) -> Arc<Staffing> {
        self.staffed.get(department.clone(), || {
            let never = || vec![Stretch { from: self.span.from, to: self.span.to, staffed: false }];
            let roster = self.plan.rosters.get(department);
            Staffing(roster.map_or_else(never, |roster| stretches(roster, self.span)))
        })
    }

    /// When a track on hold starts that opens in a stretch of its department, unless that is closed for too long.
    pub fn next_staffed(
        &self,
        department: &DepartmentId,
        stretch: Stretch,
        at: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let Stretch { to, staffed, .. } = stretch;
        if staffed {
            return Some(at);
        }
        let opens = Some(to).filter(|opens| *opens - at < SURELY_AWAITED && *opens < self.span.to);
        opens.or_else(|| self.plan.rosters.get(department)?.next_staffed(at))
    }

    /// The instants at which the last resort can change: those of the first person who always answers, and of all before
    /// them.
    fn beyond_points(&self, department: &DepartmentId, role: &Role) -> Vec<DateTime<Utc>> {
        let mut points = vec![self.span.from];
        let mut chain: Vec<DepartmentId> = vec![department.clone()];
        let escalation = |department: &DepartmentId| self.plan.rosters.get(department)?.escalate_to.clone();
        let mut next = escalation(department);
        loop {
            let is_last = next.as_ref().is_none_or(|next| chain.contains(next));
            let asked = next.clone().filter(|_| !is_last).unwrap_or_else(|| self.plan.fallback.clone());
            for role in [role, &Role::primary(), &Role::backup()] {
                let duty = self.role(&asked, role);
                points.extend(duty.periods.iter().map(|period| period.from));
                if !duty.has_hole() {
                    points.sort_unstable();
                    points.dedup();
                    return points;
                }
            }
            if is_last {
                points.extend(self.everybodys_absences());
                points.sort_unstable();
                points.dedup();
                return points;
            }
            next = escalation(&asked);
            chain.push(asked);
        }
    }

    // Finally, anyone who is not away is paged.
    fn everybodys_absences(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let rosters = self.plan.rosters.values();
        let liaisons = rosters.clone().flat_map(|roster| &roster.liaisons);
        let ends = liaisons.flat_map(|liaison| &liaison.away).flat_map(|away| [away.from, away.to]);
        let ends = ends.chain(rosters.flat_map(|roster| roster.unavailable_edges(self.span.from, self.span.to)));
        ends.filter(|at| self.span.from < *at && *at < self.span.to)
    }

    fn seat_of(&self, department: &DepartmentId, shift: &Shift) -> Seat {
        let roster = self.plan.rosters.get(department);
        let liaison = shift.on_call.as_ref().zip(roster).and_then(|((id, _), roster)| roster.liaison(id));
        liaison.map_or(Seat::Empty, |liaison| self.seat(department, liaison))
    }

    fn seat(&self, department: &DepartmentId, liaison: &Liaison) -> Seat {
        let department = self.position(department);
        match self.persons.get(&(department, &liaison.id)) {
            Some(person) if self.plan.reaches(liaison) => Seat::Taken { person: *person, department },
            _ => Seat::Unreachable,
        }
    }
}

fn stretches(roster: &Roster, span: Span) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut from = span.from;
    while from < span.to {
        let to = roster.next_turn(from, span.to).unwrap_or(span.to);
        stretches.push(Stretch { from, to, staffed: roster.is_staffed(from) });
        from = to;
    }
    stretches
}
