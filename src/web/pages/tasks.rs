//! The tasks on an incident's page, with what its reader can do about each.

use chrono::{DateTime, Utc};

use crate::domain::escalation::tasks::input::TASK_MAX;
use crate::domain::escalation::tasks::list::Task;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::journal::record::{Fact, Record};
use crate::store::query::History;
use crate::web::pages::posted::Protected;
use crate::web::pages::row::Reading;
use crate::web::task_out::TaskWords;
use crate::web::tasks::{closed_in_words, due_in_words};
use crate::web::words::Times;

#[derive(Debug, Default)]
pub struct Tasks {
    /// `2 open, 1 overdue, 3 done`.
    pub summary: String,
    /// What is open comes first, by the time at which it is due.
    pub rows: Vec<TaskLine>,
    /// The departments for which a task can be added, with their people.
    pub departments: Vec<(DepartmentId, String)>,
    pub longest: usize,
}

#[derive(Debug)]
pub struct TaskLine {
    pub number: u32,
    pub text: String,
    /// `Privacy Office, Maria Rivera, by 02:36 CST (22 min left)`.
    pub about: String,
    pub is_overdue: bool,
    pub closed: Option<String>,
    pub note: Option<String>,
}

impl Tasks {
    pub fn new(history: &History, reading: Reading<'_>, times: Times<'_>, protected: Protected<'_>) -> Self {
        let incident = &history.incident;
        let Some(playbook) = (reading.playbook)(&incident.playbook_hash) else { return Self::default() };
        let words = words(&history.records, protected);
        let mut tasks = incident.tasks(&playbook);
        let open = tasks.iter().filter(|task| task.is_open()).count();
        let overdue = tasks.iter().filter(|task| task.is_overdue(reading.now.wall)).count();
        let counts = [(open, "open"), (overdue, "overdue"), (tasks.len() - open, "closed")];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        tasks.sort_by_key(|task| (!task.is_open(), task.due_at.unwrap_or(DateTime::<Utc>::MAX_UTC), task.number));
        let departments = reading.plan.rosters.values();
        Self {
            summary: counts.join(", "),
            rows: tasks.iter().map(|task| TaskLine::new(task, history, reading, times, &words)).collect(),
            departments: departments.map(|roster| (roster.department.clone(), roster.name.clone())).collect(),
            longest: TASK_MAX,
        }
    }

    /// Whether there is anything to show to a reader.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl TaskLine {
    fn new(task: &Task, history: &History, reading: Reading<'_>, times: Times<'_>, words: &TaskWords) -> Self {
        let plan = reading.plan;
        let track = history.incident.track(task.department);
        let holder = track.and_then(|track| track.acknowledged.as_ref()).map(|one| reading.viewer.name_of(&one.by));
        let named = task.to.map(|to| name(reading, &to.roster, &to.liaison));
        let who = named.or(holder.map(str::to_owned)).unwrap_or_else(|| "nobody yet".to_owned());
        let due = task.due_at.map(|due| format!(", {}", due_in_words(due, times))).unwrap_or_default();
        Self {
            number: task.number,
            text: words.of(task).unwrap_or_else(|| format!("Task {}", task.number)),
            about: format!("{}, {who}{due}", plan.department_name(task.department)),
            is_overdue: task.is_overdue(reading.now.wall),
            closed: closed_in_words(task, times),
            note: words.notes.get(&task.number).cloned(),
        }
    }
}

fn name(reading: Reading<'_>, roster: &DepartmentId, liaison: &LiaisonId) -> String {
    let known = reading.plan.liaison(roster, liaison);
    known.map_or_else(|| liaison.to_string(), |(_, liaison)| liaison.name.clone())
}

fn words(records: &[Record], protected: Protected<'_>) -> TaskWords {
    let mut words = TaskWords::default();
    for record in records {
        if let Fact::Incident(_, event) = &record.entry.fact {
            words.add(event, protected.note(event));
        }
    }
    words
}
