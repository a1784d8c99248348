//! Proof that somebody answers: not by sampling, but by walking every instant at which duty changes.

mod alarm;
mod cause;
mod climb;
mod duty;
mod gaps;
mod judge;
mod leave;
mod people;
mod reach;
mod stretches;
mod words;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::config::Loaded;
use crate::config::coverage::duty::Duties;
use crate::config::texts::Texts;
use crate::diagnostic::Diagnostic;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::plan::Plan;
use crate::domain::playbook::ladder::Target;

pub use crate::config::coverage::reach::{Latest, Reach};

/// What a walk over the whole time has shown.
#[derive(Debug, Default)]
pub struct Proof {
    /// Every time at which somebody would not be reached as the files mean it.
    pub findings: Vec<Diagnostic>,
    /// How long it takes at the latest until a second person, and another department, is paged; one a playbook.
    pub reaches: Vec<Reach>,
}

/// The time that is walked, `[from, to)`.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// What the walks share.
struct Walk<'a> {
    plan: &'a Plan,
    texts: &'a Texts,
    span: Span,
    duties: Duties<'a>,
}

/// Walks every change of duty from one instant to another; proves nothing where the files cannot be used.
pub fn prove(loaded: &Loaded, from: DateTime<Utc>, to: DateTime<Utc>) -> Proof {
    let Some(plan) = loaded.plan().filter(|_| from < to) else { return Proof::default() };
    let span = Span { from, to };
    let walk = Walk { plan, texts: &loaded.texts, span, duties: Duties::new(plan, span) };
    let mut findings = Vec::new();
    for (department, role) in wanted(plan) {
        findings.extend(gaps::find(&walk, &department, &role));
    }
    findings.extend(plan.rosters.values().flat_map(|roster| people::one_place(&walk, roster)));
    findings.extend(people::one_channel(&walk));
    findings.extend(leave::away_elsewhere(&walk));
    let (reaches, late) = reach::find(&walk);
    findings.extend(late);
    Proof { findings, reaches }
}

/// The roles that some ladder pages which an incident can climb, lifted or not.
fn wanted(plan: &Plan) -> BTreeSet<(DepartmentId, Role)> {
    let mut wanted = BTreeSet::from([(plan.fallback.clone(), Role::primary())]);
    for playbook in &plan.playbooks {
        let stand_ins = playbook.after_hours.iter().flat_map(|rules| &rules.instead);
        for department in playbook.departments.iter().chain(stand_ins) {
            for step in playbook.climbable_ladders().flat_map(|ladder| &ladder.steps) {
                let escalation = || plan.rosters.get(department)?.escalate_to.clone();
                wanted.extend(match &step.page {
                    Target::Role(role) => Some((department.clone(), role.clone())),
                    Target::Elsewhere(elsewhere, role) => Some((elsewhere.clone(), role.clone())),
                    Target::Escalation => escalation().map(|department| (department, Role::primary())),
                });
            }
        }
    }
    wanted
}
