//! Changes in who is on call.

use chrono::{DateTime, Utc};

use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::plan_diff::people::{People, Person};
use crate::domain::plan_diff::window::Window;
use crate::domain::playbook::Staffing;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// Someone else, or no one, is on call for a role in the new plan: `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyChange {
    pub department: DepartmentId,
    pub role: Role,
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
    /// Who is on call in the old plan; `None` is a coverage gap.
    pub before: Option<Person>,
    /// Who is on call in the new plan; `None` is a coverage gap.
    pub after: Option<Person>,
}

/// Every interval when a department's roles are held by different people, by role and time. Adjacent intervals with the
/// same two people are merged.
pub fn changes(old: &Roster, new: &Roster, window: Window) -> Vec<DutyChange> {
    let people = People::between(old, new);
    let mut roles = old.roles();
    roles.extend(new.roles().into_iter().filter(|role| !old.roles().contains(role)));
    roles.iter().flat_map(|role| of_role(old, new, &people, role, window)).collect()
}

fn of_role(old: &Roster, new: &Roster, people: &People, role: &Role, window: Window) -> Vec<DutyChange> {
    let before = old.shifts(role, window.from, window.to);
    let after = new.shifts(role, window.from, window.to);
    let mut found: Vec<DutyChange> = Vec::new();
    let (mut first, mut second) = (before.iter().peekable(), after.iter().peekable());
    let mut from = window.from;
    while let (Some(one), Some(other)) = (first.peek(), second.peek()) {
        let to = one.to.min(other.to);
        let (on_call, successor) = (on_call(one), on_call(other));
        let is_same = match (on_call, successor) {
            (Some(old), Some(new)) => people.is_one(old, new),
            (old, new) => old.is_none() && new.is_none(),
        };
        if !is_same {
            let change = DutyChange {
                department: new.department.clone(),
                role: role.clone(),
                from,
                to,
                before: on_call.map(|id| Person::of(old, id)),
                after: successor.map(|id| Person::of(new, id)),
            };
            match found.last_mut() {
                Some(last) if last.to == from && is_same_change(last, &change) => last.to = to,
                _ => found.push(change),
            }
        }
        first.next_if(|shift| shift.to == to);
        second.next_if(|shift| shift.to == to);
        from = to;
    }
    found
}

fn on_call(shift: &Shift) -> Option<&LiaisonId> {
    shift.on_call.as_ref().map(|(id, _)| id)
}

/// Whether two changes of one role differ only in time.
pub fn is_same_change(one: &DutyChange, other: &DutyChange) -> bool {
    one.before == other.before && one.after == other.after
}

/// Intervals that can be described in one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Start of the first interval.
    pub from: DateTime<Utc>,
    /// End of the last interval, exclusive.
    pub to: DateTime<Utc>,
    /// If set, the run covers exactly the staffed, or exactly the unstaffed, parts of the period.
    pub only: Option<Staffing>,
}

/// Combines the intervals of one change of one role into as few exact runs as possible: intervals that are split only
/// by the department's hours form one run.
pub fn runs(old: &Roster, new: &Roster, changes: &[&DutyChange]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for change in changes {
        let (from, to) = (change.from, change.to);
        let join = runs.last().and_then(|last| {
            let part = last.only.or_else(|| staffing(old, new, last.from, last.to))?;
            let between = staffing(old, new, last.to, from)?;
            (staffing(old, new, from, to) == Some(part) && between != part).then_some(part)
        });
        match (join, runs.last_mut()) {
            (Some(part), Some(last)) => *last = Run { from: last.from, to, only: Some(part) },
            _ => runs.push(Run { from, to, only: None }),
        }
    }
    runs
}

/// Whether a whole period is staffed, or unstaffed, in both plans.
fn staffing(old: &Roster, new: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Staffing> {
    let staffed = new.is_staffed(from);
    let is_whole = |roster: &Roster| roster.is_staffed(from) == staffed && roster.next_turn(from, to).is_none();
    let part = if staffed { Staffing::Hours } else { Staffing::AfterHours };
    (is_whole(old) && is_whole(new)).then_some(part)
}
