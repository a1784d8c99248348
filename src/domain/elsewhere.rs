//! Duty in other rosters: an absence counts in its own roster alone, while the person who goes may be on call in another.

use chrono::{DateTime, Utc};

use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};

/// A role of another roster that the same person holds.
#[derive(Debug)]
pub struct Elsewhere<'plan> {
    /// The other roster.
    pub roster: &'plan Roster,
    /// Who holds it there, by whatever id: a page to them rings at the one who is meant.
    pub liaison: &'plan Liaison,
    /// Which role.
    pub role: Role,
    /// When, `[from, to)`, in order; never empty.
    pub times: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What a person of the department's roster holds in other rosters within `[from, to)`, as these say.
///
/// Whoever has the same number or address is the same person.
pub fn held<'plan>(
    plan: &'plan Plan,
    department: &DepartmentId,
    person: &Liaison,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Vec<Elsewhere<'plan>> {
    let others = plan.rosters.values().map(AsRef::as_ref).filter(|roster: &&Roster| roster.department != *department);
    let people = others.flat_map(|roster| {
        roster.liaisons.iter().filter(|other| other.shares_contact(person)).map(move |liaison| (roster, liaison))
    });
    let holds = |(roster, liaison): (&'plan Roster, &'plan Liaison)| {
        roster.roles().into_iter().filter_map(move |role| {
            let shifts = roster.shifts(&role, from, to);
            let theirs = shifts.iter().filter(|one| one.holder.as_ref().is_some_and(|(id, _)| *id == liaison.id));
            let times: Vec<_> = theirs.map(|shift| (shift.from, shift.to)).collect();
            (!times.is_empty()).then_some(Elsewhere { roster, liaison, role, times })
        })
    };
    people.flat_map(holds).collect()
}
