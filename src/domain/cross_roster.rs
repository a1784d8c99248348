//! Cross-roster conflicts: an absence counts only in its own roster, but the person may be on call in another.

use chrono::{DateTime, Utc};

use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};

/// A role that the same person has in another roster.
#[derive(Debug)]
pub struct CrossRosterDuty<'plan> {
    pub roster: &'plan Roster,
    /// The person's entry there, under whatever id: a page to it reaches the same person.
    pub liaison: &'plan Liaison,
    pub role: Role,
    /// When, `[from, to)`, in order; never empty.
    pub times: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// When a person from the department's roster is on call in other rosters within `[from, to)`.
///
/// People with the same number or address are the same person.
pub fn held<'plan>(
    plan: &'plan Plan,
    department: &DepartmentId,
    person: &Liaison,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Vec<CrossRosterDuty<'plan>> {
    let others = plan.rosters.values().map(AsRef::as_ref).filter(|roster: &&Roster| roster.department != *department);
    let people = others.flat_map(|roster| {
        roster.liaisons.iter().filter(|other| other.shares_contact(person)).map(move |liaison| (roster, liaison))
    });
    let holds = |(roster, liaison): (&'plan Roster, &'plan Liaison)| {
        roster.roles().into_iter().filter_map(move |role| {
            let shifts = roster.shifts(&role, from, to);
            let theirs = shifts.iter().filter(|one| one.on_call.as_ref().is_some_and(|(id, _)| *id == liaison.id));
            let times: Vec<_> = theirs.map(|shift| (shift.from, shift.to)).collect();
            (!times.is_empty()).then_some(CrossRosterDuty { roster, liaison, role, times })
        })
    };
    people.flat_map(holds).collect()
}
