//! What the API does about tasks: `task-done`, `task-not-needed`, `task-reopen`, and `task-add`.

use crate::domain::escalation::tasks::input::{NewTask, TaskChange};
use crate::domain::id::DepartmentId;
use crate::domain::wait::BadWait;
use crate::inbound::input_error::InputError;

/// The actions, as an error lists them.
pub const WORDS: &str = "`task-done`, `task-not-needed`, `task-reopen`, `task-add`";

/// The fields that a task's action can have.
pub struct TaskFields {
    pub department: Option<DepartmentId>,
    pub note: Option<String>,
    pub task: Option<u32>,
    pub within: Option<String>,
    pub words: Option<String>,
    pub to: Option<String>,
}

/// The change that an action asks for; `None` if it is not about a task, or is wrong.
pub fn change(action: &str, fields: TaskFields, errors: &mut Vec<InputError>) -> Option<TaskChange> {
    let TaskFields { department, note, task, within, words, to } = fields;
    if action == "task-add" {
        if task.is_some() || note.is_some() {
            let (field, message) = match task {
                Some(_) => ("/task", "`task-add` makes a new task; remove `task`"),
                None => ("/note", "`task-add` has no note; say what is to be done in `do`"),
            };
            errors.push(InputError::new(field, "bad-value", message));
        }
        let missing = "`department` is required: whose task it is, such as `privacy`";
        let department = given(department, "/department", missing, errors);
        let words = given(words, "/do", "`do` is required: what is to be done", errors);
        let within = within.map(|text| text.parse().map_err(|error: BadWait| ("/within", error.to_string())));
        let to =
            to.map(|text| text.parse().map_err(|_| ("/to", "`to` must be a person's id, such as `j-chen`".into())));
        let (within, to) = (read(within, errors), read(to, errors));
        return Some(TaskChange::Add(NewTask { department: department?, words: words?, within, to }));
    }
    let only_new = [("/within", within.is_some()), ("/do", words.is_some()), ("/to", to.is_some())];
    for (field, _) in only_new.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("`{}` goes with the action `task-add` alone; remove it", &field[1..]);
        errors.push(InputError::new(field, "bad-value", message));
    }
    if department.is_some() {
        let message = "a task has its department already; remove `department`";
        errors.push(InputError::new("/department", "bad-value", message));
    }
    let task = given(task, "/task", "`task` is required: the number of a task, as in the incident's `tasks`", errors)?;
    match action {
        "task-done" => Some(TaskChange::Done { task, note }),
        "task-reopen" => Some(TaskChange::Reopen { task, note }),
        "task-not-needed" => {
            let note = given(note, "/note", "`note` is required: why the task is not needed", errors)?;
            Some(TaskChange::NotNeeded { task, note })
        }
        _ => None,
    }
}

fn read<T>(value: Option<Result<T, (&'static str, String)>>, errors: &mut Vec<InputError>) -> Option<T> {
    match value? {
        Ok(value) => Some(value),
        Err((field, message)) => {
            errors.push(InputError::new(field, "bad-value", message));
            None
        }
    }
}

/// A value that is required. If it was sent and could not be read, that is the only error.
pub fn given<T>(
    value: Option<T>,
    field: &'static str,
    missing: &'static str,
    errors: &mut Vec<InputError>,
) -> Option<T> {
    if value.is_none() && errors.iter().all(|error| error.field != field) {
        errors.push(InputError::new(field, "missing-key", missing));
    }
    value
}
