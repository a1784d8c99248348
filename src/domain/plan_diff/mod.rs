//! The differences between two plans, so that a change can be reviewed before it takes effect.
//!
//! Who is on call comes from the [single rule](crate::domain::roster::Roster::holder) in both plans, and who is paged
//! first from the decider itself, so the result is what the daemon would do.

pub mod change;
pub mod duty;
pub mod fact;
pub mod first_page;
pub mod hospital;
pub mod hours;
pub mod ladders;
pub mod people;
pub mod playbooks;
pub mod rosters;
pub mod window;
pub mod windows;

use crate::domain::plan::Plan;
use crate::domain::plan_diff::change::Change;
use crate::domain::plan_diff::duty::DutyChange;
use crate::domain::plan_diff::fact::{Contacts, Fact};
use crate::domain::plan_diff::first_page::FirstPage;
use crate::domain::plan_diff::ladders::LadderChange;
use crate::domain::plan_diff::playbooks::ClassChange;
use crate::domain::plan_diff::rosters::DepartmentChange;
use crate::domain::plan_diff::window::Window;

/// All differences between two plans.
#[derive(Debug, Clone)]
pub struct PlanDiff {
    /// The period that was compared.
    pub window: Window,
    /// Differences that affect the whole hospital.
    pub hospital: Vec<Fact>,
    /// By department, without unchanged ones.
    pub departments: Vec<DepartmentChange>,
    /// On-call changes by department, role and time, for departments in both plans.
    pub duty: Vec<DutyChange>,
    /// By name, without unchanged ones.
    pub ladders: Vec<LadderChange>,
    /// By playbook, without unchanged ones.
    pub classes: Vec<ClassChange>,
    /// Whom a class would page first, if that changes.
    pub first_pages: Vec<FirstPage>,
}

impl PlanDiff {
    /// Compares two plans over a period.
    pub fn between(old: &Plan, new: &Plan, window: Window, contacts: Contacts) -> Self {
        let both = old.rosters.values().filter_map(|roster| Some((roster, new.rosters.get(&roster.department)?)));
        let duty: Vec<_> = both.flat_map(|(old, new)| duty::changes(old, new, window)).collect();
        Self {
            window,
            hospital: hospital::facts(old, new),
            departments: rosters::changes(old, new, window, contacts),
            ladders: ladders::changes(old, new),
            classes: playbooks::changes(old, new),
            first_pages: first_page::changes(old, new, &duty, window),
            duty,
        }
    }

    /// The number of differences.
    pub fn count(&self) -> usize {
        // Something added or removed counts as one difference, whatever it contains.
        let weight = |change: Change, facts: &[Fact]| if change == Change::Changes { facts.len() } else { 1 };
        let departments = self.departments.iter().map(|one| weight(one.change, &one.facts));
        let classes = self.classes.iter().map(|one| weight(one.change, &one.facts));
        let others = self.hospital.len() + self.duty.len() + self.ladders.len() + self.first_pages.len();
        departments.chain(classes).sum::<usize>() + others
    }
}
