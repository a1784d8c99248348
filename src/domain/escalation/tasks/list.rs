//! All tasks of an incident, from its playbook and from what has changed since.

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::tasks::state::{ChangedTask, ClosedTask, OwnTask, TaskStatus};
use crate::domain::id::DepartmentId;
use crate::domain::instant::Now;
use crate::domain::page::PageReason;
use crate::domain::playbook::Playbook;
use crate::domain::principal::RosterEntry;

#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Numbers the incident's tasks from 1.
    pub number: u32,
    pub department: &'a DepartmentId,
    /// The playbook's words; `None` if somebody added it, because those words are protected.
    pub words: Option<&'a str>,
    /// Wall clock.
    pub due_at: Option<DateTime<Utc>>,
    /// Who it is for, if it is for one person.
    pub to: Option<&'a RosterEntry>,
    /// `None` as long as it is open.
    pub closed: Option<&'a ClosedTask>,
}

impl Task<'_> {
    pub fn status(&self) -> TaskStatus {
        self.closed.map_or(TaskStatus::Open, |closed| closed.status)
    }

    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether it is open although its time has passed, on the wall clock.
    pub fn is_overdue(&self, wall: DateTime<Utc>) -> bool {
        self.is_open() && self.due_at.is_some_and(|due| due <= wall)
    }
}

impl Incident {
    /// How many tasks of a department a page is about.
    pub fn tasks_of(&self, reason: PageReason, department: &DepartmentId, playbook: &Playbook, now: Now) -> u32 {
        if !reason.is_for_tasks() {
            return 0;
        }
        let is_meant = |task: &Task| match reason {
            PageReason::Overdue => task.is_overdue(now.wall),
            _ => task.is_open(),
        };
        let theirs = self.tasks(playbook).into_iter().filter(|task| task.department == department);
        u32::try_from(theirs.filter(is_meant).count()).unwrap_or(u32::MAX)
    }

    /// All tasks, by number. `playbook` is the version that the incident has.
    pub fn tasks<'a>(&'a self, playbook: &'a Playbook) -> Vec<Task<'a>> {
        let changed = self.changed_tasks();
        let of_playbook = (1..=u32::from(self.playbook_tasks)).zip(&playbook.actions).map(|(number, action)| {
            let change = changed.iter().find(|one| one.number == number);
            Task {
                number,
                department: &action.department,
                words: Some(&action.task),
                due_at: action.within.map(|within| self.received_at + within.delta()),
                to: None,
                closed: change.and_then(|change| change.closed.as_ref()),
            }
        });
        let own = changed.iter().filter_map(|ChangedTask { number, own, closed }| {
            let OwnTask { department, words, due_at, to } = own.as_ref()?;
            let (words, to, closed) = (words.as_deref(), to.as_ref(), closed.as_ref());
            Some(Task { number: *number, department, words, due_at: *due_at, to, closed })
        });
        let mut all: Vec<Task> = of_playbook.chain(own).collect();
        all.sort_by_key(|task| task.number);
        all
    }
}
