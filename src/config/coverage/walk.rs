//! Shared by the coverage checks, and the roles they look at.

use std::collections::BTreeSet;

use crate::config::coverage::duty::Duties;
use crate::config::coverage::parallel::Threads;
use crate::config::coverage::span::Span;
use crate::config::texts::Texts;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::playbook::ladder::Target;

pub struct Walk<'a> {
    pub plan: &'a Plan,
    pub texts: &'a Texts,
    pub span: Span,
    pub duties: Duties<'a>,
    pub threads: Threads,
}

/// The roles paged by the ladders that an incident can use, with or without a higher severity.
pub fn wanted(plan: &Plan) -> BTreeSet<(DepartmentId, Role)> {
    let mut wanted = BTreeSet::from([(plan.fallback.clone(), Role::primary())]);
    for playbook in &plan.playbooks {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        for department in playbook.departments.iter().chain(stand_ins) {
            for step in playbook.all_ladders().flat_map(|ladder| &ladder.steps) {
                let escalation = || plan.rosters.get(department)?.escalate_to.clone();
                wanted.extend(match &step.page {
                    Target::Role(role) => Some((department.clone(), role.clone())),
                    Target::Department(elsewhere, role) => Some((elsewhere.clone(), role.clone())),
                    Target::Escalation => escalation().map(|department| (department, Role::primary())),
                });
            }
        }
    }
    wanted
}
