//! How tasks change the state.

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::tasks::event::{ListedTask, TaskChanged, TaskEvent};
use crate::domain::escalation::tasks::state::{ChangedTask, ClosedTask, OwnTask, TaskStatus};

impl Incident {
    pub(in crate::domain::escalation) fn changed_tasks(&self) -> &[ChangedTask] {
        self.owed.as_ref().map_or(&[], |owed| &owed.tasks)
    }

    /// How many tasks are open.
    pub fn open_tasks(&self) -> u32 {
        let changed = self.changed_tasks();
        let own = changed.iter().filter(|task| task.own.is_some() && task.closed.is_none()).count();
        let closed = changed.iter().filter(|task| task.own.is_none() && task.closed.is_some()).count();
        let open = (usize::from(self.playbook_tasks) + own).saturating_sub(closed);
        u32::try_from(open).unwrap_or(u32::MAX)
    }

    /// The highest number of a task.
    pub(in crate::domain::escalation) fn last_task(&self) -> u32 {
        let changed = self.changed_tasks().iter().map(|task| task.number).max();
        changed.unwrap_or(0).max(self.playbook_tasks.into())
    }

    pub(in crate::domain::escalation) fn change_task(&mut self, at: DateTime<Utc>, event: &TaskEvent) {
        let closed = |status| Some(ClosedTask { by: event.by.clone(), at, status });
        match &event.change {
            TaskChanged::Done { .. } => self.changed_task(event.task).closed = closed(TaskStatus::Done),
            TaskChanged::NotNeeded { .. } => self.changed_task(event.task).closed = closed(TaskStatus::NotNeeded),
            TaskChanged::Reopened { .. } => self.changed_task(event.task).closed = None,
            TaskChanged::Added { due_at, to, .. } => {
                let (department, due_at, to) = (event.department.clone(), *due_at, to.clone());
                self.changed_task(event.task).own = Some(OwnTask { department, words: None, due_at, to });
            }
        }
        self.follow_up_at = event.next_at;
        if event.department_is_done {
            self.call_off_owed(|owed| owed.page.reason.is_for_tasks() && owed.department == event.department);
        }
    }

    /// Lists the tasks of its playbooks by themselves, after it took another one.
    pub(in crate::domain::escalation) fn list_tasks(&mut self, listed: &[ListedTask]) {
        for task in listed {
            let (department, words, due_at) = (task.department.clone(), Some(task.words.clone()), task.due_at);
            self.changed_task(task.task).own = Some(OwnTask { department, words, due_at, to: None });
        }
        self.playbook_tasks = 0;
    }

    fn changed_task(&mut self, number: u32) -> &mut ChangedTask {
        let tasks = &mut self.owed.get_or_insert_default().tasks;
        let index = tasks.iter().position(|task| task.number == number).unwrap_or_else(|| {
            tasks.push(ChangedTask { number, own: None, closed: None });
            tasks.len() - 1
        });
        &mut tasks[index]
    }
}
