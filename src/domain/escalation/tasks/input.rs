//! What people ask for about tasks, and why they may be refused.

use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::principal::Principal;
use crate::domain::wait::Wait;

/// The maximum length of a task that somebody adds, in characters: one line on a phone's page, not a document.
pub const TASK_MAX: usize = 400;

/// How many tasks people can add to one incident: more are a plan that belongs elsewhere.
pub const TASKS_ADDED_MAX: usize = 100;

#[derive(Debug, Clone)]
pub struct TaskInput {
    pub by: Principal,
    /// The page whose link was used.
    pub page: Option<u32>,
    pub change: TaskChange,
}

#[derive(Debug, Clone)]
pub enum TaskChange {
    Done {
        task: u32,
        note: Option<String>,
    },
    NotNeeded {
        task: u32,
        /// Why.
        note: String,
    },
    Reopen {
        task: u32,
        note: Option<String>,
    },
    Add(NewTask),
}

/// A task that somebody adds.
#[derive(Debug, Clone)]
pub struct NewTask {
    pub department: DepartmentId,
    pub words: String,
    /// Counted from now.
    pub within: Option<Wait>,
    /// Who it is for: the id of a person of the department.
    pub to: Option<LiaisonId>,
}

impl TaskChange {
    /// The task that it changes, if there is one.
    pub fn task(&self) -> Option<u32> {
        match self {
            Self::Done { task, .. } | Self::NotNeeded { task, .. } | Self::Reopen { task, .. } => Some(*task),
            Self::Add(_) => None,
        }
    }
}

/// Why an incident refuses to change a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    #[error("this incident has no task {0}; its tasks are listed on its page and under `tasks` in the API")]
    Unknown(u32),
    #[error("task {task} is already closed by {}", .by.name())]
    Closed { task: u32, by: Principal },
    #[error("task {0} is open already")]
    Open(u32),
    #[error("say in a note why task {0} is not needed")]
    ReasonMissing(u32),
    #[error("this incident is resolved and nothing is owed anymore; reopen the incident first")]
    NothingOwed,
    #[error("say what is to be done")]
    WordsMissing,
    #[error("a task must not be longer than {TASK_MAX} characters")]
    WordsTooLong,
    #[error("an incident cannot have more than {TASKS_ADDED_MAX} added tasks")]
    TooMany,
    #[error("there is no department `{0}`")]
    UnknownDepartment(DepartmentId),
    #[error("`{liaison}` is not in the roster of `{department}`, or cannot be paged for this incident")]
    NotInDepartment { department: DepartmentId, liaison: LiaisonId },
    #[error("task {0} belongs to another department; ask its people, or sign in")]
    NotTheirs(u32),
}
