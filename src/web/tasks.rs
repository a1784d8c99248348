//! The tasks of an incident as a link's page shows them, with a button at each that its reader can close.

use chrono::{DateTime, Utc};

use crate::domain::escalation::tasks::list::Task;
use crate::domain::escalation::tasks::state::TaskStatus;
use crate::engine::protocol::link::LinkView;
use crate::web::words::Times;

/// The tasks that a link's page lists.
#[derive(Debug, Default)]
pub struct TaskBlock {
    /// Those of the department that the page is about, and those for the reader by name; what is open comes first.
    pub mine: Vec<TaskRow>,
    pub others: Vec<TaskRow>,
}

#[derive(Debug)]
pub struct TaskRow {
    pub number: u32,
    pub department: String,
    /// What is to be done; the words of a task that somebody added are shown only after a sign-in.
    pub text: Option<String>,
    pub due: Option<String>,
    pub overdue: bool,
    /// Who closed it, and when.
    pub closed: Option<String>,
}

impl TaskBlock {
    pub fn new(view: &LinkView, times: Times<'_>) -> Self {
        let target = &view.target;
        let is_mine = |task: &Task| {
            let is_readers = task.to.is_some_and(|to| to.roster == target.roster && to.liaison == target.liaison);
            *task.department == target.department || is_readers
        };
        let mut tasks = view.incident.tasks(&view.playbook);
        tasks.sort_by_key(|task| (!task.is_open(), task.due_at.unwrap_or(DateTime::<Utc>::MAX_UTC), task.number));
        let (mine, others): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(is_mine);
        let rows = |tasks: Vec<Task>| tasks.iter().map(|task| row(task, view, times)).collect();
        Self { mine: rows(mine), others: rows(others) }
    }

    pub fn open(&self) -> usize {
        self.mine.iter().filter(|row| row.closed.is_none()).count()
    }
}

fn row(task: &Task, view: &LinkView, times: Times<'_>) -> TaskRow {
    TaskRow {
        number: task.number,
        department: view.plan.department_name(task.department).to_owned(),
        text: task.words.map(str::to_owned),
        due: task.due_at.filter(|_| task.is_open()).map(|due| due_in_words(due, times)),
        overdue: task.is_overdue(view.now.wall),
        closed: closed_in_words(task, times),
    }
}

/// `by 02:36 CST (27 min left)`, or `was due at 02:36 CST (3 min ago)`.
pub fn due_in_words(due: DateTime<Utc>, times: Times<'_>) -> String {
    let (at, distance) = (times.wall(due), times.wall_distance(due));
    if times.is_over(due) { format!("was due at {at} ({distance})") } else { format!("by {at} ({distance})") }
}

/// `Done: Maria Rivera, 02:13 CST`.
pub fn closed_in_words(task: &Task, times: Times<'_>) -> Option<String> {
    let closed = task.closed?;
    let what = match closed.status {
        TaskStatus::Open | TaskStatus::Done => "Done",
        TaskStatus::NotNeeded => "Not needed",
    };
    Some(format!("{what}: {}, {}", closed.by.name(), times.logical(closed.at)))
}
