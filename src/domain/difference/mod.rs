//! What differs between two plans, so that a change can be looked at before it counts.
//!
//! Who is on call is asked of the [one rule](crate::domain::roster::Roster::holder) in both plans, and who is paged first
//! of the decider itself: what is told here is what the daemon would do.

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

use crate::domain::difference::change::Change;
use crate::domain::difference::duty::DutyChange;
use crate::domain::difference::fact::{Contacts, Fact};
use crate::domain::difference::first_page::FirstPage;
use crate::domain::difference::ladders::LadderChange;
use crate::domain::difference::playbooks::ClassChange;
use crate::domain::difference::rosters::DepartmentChange;
use crate::domain::difference::window::Window;
use crate::domain::plan::Plan;

/// All that differs between two plans.
#[derive(Debug, Clone)]
pub struct Difference {
    /// When it was looked at.
    pub window: Window,
    /// What holds for the whole hospital.
    pub hospital: Vec<Fact>,
    /// By department; those that are the same are left out.
    pub departments: Vec<DepartmentChange>,
    /// Whose duty differs and when, by department, role and time; of departments that are in both plans.
    pub duty: Vec<DutyChange>,
    /// By name; those that are the same are left out.
    pub ladders: Vec<LadderChange>,
    /// By playbook; those that are the same are left out.
    pub classes: Vec<ClassChange>,
    /// Whom a class would page first, where that is somebody else.
    pub first_pages: Vec<FirstPage>,
}

impl Difference {
    /// Compares two plans over a stretch of time.
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

    /// How many differences are told.
    pub fn count(&self) -> usize {
        // What comes or goes counts as one whatever it holds.
        let weight = |change: Change, facts: &[Fact]| if change == Change::Changes { facts.len() } else { 1 };
        let departments = self.departments.iter().map(|one| weight(one.change, &one.facts));
        let classes = self.classes.iter().map(|one| weight(one.change, &one.facts));
        let others = self.hospital.len() + self.duty.len() + self.ladders.len() + self.first_pages.len();
        departments.chain(classes).sum::<usize>() + others
    }
}
