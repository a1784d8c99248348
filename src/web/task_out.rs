//! The tasks of an incident in an answer of the API.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::tasks::event::TaskChanged;
use crate::domain::escalation::tasks::list::Task;
use crate::domain::escalation::tasks::state::TaskStatus;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::playbook::Playbook;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Task")]
pub struct TaskOut {
    /// Numbers the incident's tasks from 1; the `task` of an action.
    id: u32,
    department: DepartmentId,
    /// What is to be done; `null` if somebody added it and its words cannot be shown.
    r#do: Option<String>,
    #[serde(with = "crate::domain::instant::optional")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    due_at: Option<DateTime<Utc>>,
    /// Whom it is for, if it is for one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<LiaisonId>,
    status: TaskStatus,
    /// Who closed it.
    by: Option<String>,
    #[serde(with = "crate::domain::instant::optional")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    at: Option<DateTime<Utc>>,
    /// What was written when it was closed or reopened last.
    note: Option<String>,
}

/// What people wrote about tasks, by number.
#[derive(Debug, Default)]
pub struct TaskWords {
    /// The words of tasks that somebody added.
    pub added: BTreeMap<u32, String>,
    /// The latest notes.
    pub notes: BTreeMap<u32, String>,
}

impl TaskWords {
    /// Takes in what an event says, with its words if they may be shown.
    pub fn add(&mut self, event: &Event, words: Option<String>) {
        let Event::Task(task) = event else { return };
        let is_added = matches!(task.change, TaskChanged::Added { .. });
        let all = if is_added { &mut self.added } else { &mut self.notes };
        all.remove(&task.task);
        all.extend(words.map(|words| (task.task, words)));
    }

    /// What is to be done.
    pub fn of(&self, task: &Task) -> Option<String> {
        task.words.map(str::to_owned).or_else(|| self.added.get(&task.number).cloned())
    }
}

/// All tasks; none if the playbook cannot be read.
pub fn tasks(incident: &Incident, playbook: Option<&Playbook>, words: &TaskWords) -> Vec<TaskOut> {
    let out = |task: Task| TaskOut {
        id: task.number,
        department: task.department.clone(),
        r#do: words.of(&task),
        due_at: task.due_at,
        to: task.to.map(|to| to.liaison.clone()),
        status: task.status(),
        by: task.closed.map(|closed| closed.by.id().to_owned()),
        at: task.closed.map(|closed| closed.at),
        note: words.notes.get(&task.number).cloned(),
    };
    playbook.map(|playbook| incident.tasks(playbook).into_iter().map(out).collect()).unwrap_or_default()
}
