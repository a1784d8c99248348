//! Which departments must approve a statement, and how long each approver has.

use crate::domain::escalation::input::Context;
use crate::domain::id::DepartmentId;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::wait::Wait;

/// How long each approver has if the playbook does not say so: a text is read and answered in less.
pub const APPROVE_WITHIN: Wait = Wait::minutes(20);

/// What an approval takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    pub departments: Vec<DepartmentId>,
    pub within: Wait,
}

/// What the approval of a statement takes that is made from a playbook's statement of that name, or from nothing: then
/// all approve that the playbook's statements name, or else the department that owns the playbook.
pub fn required(name: Option<&str>, context: &Context<'_>) -> Required {
    let (playbook, plan) = (context.playbook, context.plan);
    let own = playbook.statements.iter().find(|one| Some(one.name.as_str()) == name);
    let within = own.and_then(|one| one.approve_within).unwrap_or(APPROVE_WITHIN);
    // One whose roster is gone since is still asked for: the fallback department answers for it.
    let of_own = own.map(|one| one.approve.clone()).unwrap_or_default();
    if !of_own.is_empty() {
        return Required { departments: of_own, within };
    }
    let mut departments: Vec<DepartmentId> = Vec::new();
    for department in playbook.statements.iter().flat_map(|one| &one.approve) {
        if !departments.contains(department) {
            departments.push(department.clone());
        }
    }
    if departments.is_empty() {
        departments.push(owner(playbook, plan));
    }
    Required { departments, within }
}

/// The department that owns a playbook: by its id, by the address of somebody in its roster, or else the first that
/// answers.
fn owner(playbook: &Playbook, plan: &Plan) -> DepartmentId {
    let owner = playbook.owner.as_deref().unwrap_or_default();
    let by_id = owner.parse::<DepartmentId>().ok().filter(|one| plan.rosters.contains_key(one));
    let by_address = || {
        let (person, _) = plan.people().at_address(owner)?;
        person.entries.first().map(|entry| entry.roster.clone())
    };
    let first = || playbook.departments.iter().find(|one| plan.rosters.contains_key(*one)).cloned();
    by_id.or_else(by_address).or_else(first).unwrap_or_else(|| plan.fallback.clone())
}
