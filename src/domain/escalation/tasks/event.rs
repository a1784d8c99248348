//! The event for a task.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::DepartmentId;
use crate::domain::principal::{Principal, RosterEntry};
use crate::domain::sealed::Words;

/// Somebody changed a task, or added one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskEvent {
    /// Numbers the incident's tasks from 1.
    pub task: u32,
    pub department: DepartmentId,
    pub by: Principal,
    /// The page whose link was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    #[serde(flatten)]
    pub change: TaskChanged,
    /// Nothing else of the department is open: the pages that ask for it are called off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub department_is_done: bool,
    /// When the incident is looked at again.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum TaskChanged {
    Done {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
    },
    NotNeeded {
        /// Why.
        note: Words,
    },
    Reopened {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
    },
    Added {
        /// What is to be done. Treat it as protected health information.
        text: Words,
        /// Wall clock.
        #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
        due_at: Option<DateTime<Utc>>,
        /// Who it is for, if it is for one person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<RosterEntry>,
    },
}

/// How many tasks an incident opened with, and when the first of them is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TasksOpened {
    /// Its playbook's actions from the first to this one, with the same numbers.
    pub count: u16,
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
}

impl TasksOpened {
    pub fn is_none(&self) -> bool {
        self.count == 0
    }
}

/// A task of a playbook that is listed by itself, because the incident took another playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedTask {
    pub task: u32,
    pub department: DepartmentId,
    /// What is to be done, in the playbook's words.
    #[serde(rename = "do")]
    pub words: Box<str>,
    /// Wall clock.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<Utc>>,
}

impl TaskChanged {
    /// What somebody wrote.
    pub fn words(&self) -> Option<&Words> {
        match self {
            Self::Done { note } | Self::Reopened { note } => note.as_ref(),
            Self::NotNeeded { note } => Some(note),
            Self::Added { text, .. } => Some(text),
        }
    }

    pub fn words_mut(&mut self) -> Option<&mut Words> {
        match self {
            Self::Done { note } | Self::Reopened { note } => note.as_mut(),
            Self::NotNeeded { note } => Some(note),
            Self::Added { text, .. } => Some(text),
        }
    }
}
