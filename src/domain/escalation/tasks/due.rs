//! Decides about tasks: what people do, and when an incident is looked at again.

use chrono::{DateTime, Utc};

use crate::domain::escalation::answer::checked_note;
use crate::domain::escalation::decision::Draft;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::input::{Context, Refusal};
use crate::domain::escalation::tasks::event::{ListedTask, TaskChanged, TaskEvent, TasksOpened};
use crate::domain::escalation::tasks::input::{NewTask, TASK_MAX, TASKS_ADDED_MAX, TaskChange, TaskInput, TaskRefusal};
use crate::domain::escalation::tasks::list::Task;
use crate::domain::id::DepartmentId;
use crate::domain::instant::Now;
use crate::domain::plan::Search;
use crate::domain::playbook::Playbook;
use crate::domain::principal::{Principal, RosterEntry};
use crate::domain::sealed::Words;

impl Draft<'_> {
    pub(in crate::domain::escalation) fn change_task(&mut self, input: TaskInput) -> Result<(), Refusal> {
        let TaskInput { by, page, change } = input;
        self.refuse_if_left(&by)?;
        self.refuse_if_involved(&by)?;
        if !self.incident.is_live() {
            return Err(TaskRefusal::NothingOwed.into());
        }
        let (task, department, change) = match change {
            TaskChange::Add(new) => self.added(new)?,
            change => self.changed(change, &by, page)?,
        };
        let event = TaskEvent { task, department, by, page, change, department_is_done: false, next_at: None };
        let mut after = self.incident.clone();
        after.change_task(self.context.now.logical, &event);
        let mut theirs =
            after.tasks(self.context.playbook).into_iter().filter(|one| *one.department == event.department);
        let department_is_done = !theirs.any(|task| task.is_open());
        let next_at = next_look(&after, self.context);
        self.push(Event::Task(Box::new(TaskEvent { department_is_done, next_at, ..event })));
        Ok(())
    }

    fn changed(
        &self,
        change: TaskChange,
        by: &Principal,
        page: Option<u32>,
    ) -> Result<(u32, DepartmentId, TaskChanged), Refusal> {
        let number = change.task().unwrap_or_default();
        let tasks = self.incident.tasks(self.context.playbook);
        let task = tasks.iter().find(|task| task.number == number).ok_or(TaskRefusal::Unknown(number))?;
        self.refuse_if_not_theirs(task, by, page)?;
        let change = match (change, task.closed) {
            (TaskChange::Reopen { .. }, None) => return Err(TaskRefusal::Open(number).into()),
            (TaskChange::Reopen { note, .. }, Some(_)) => TaskChanged::Reopened { note: words(note)? },
            (_, Some(closed)) => return Err(TaskRefusal::Closed { task: number, by: closed.by.clone() }.into()),
            (TaskChange::NotNeeded { note, .. }, None) => {
                let note = words(Some(note))?.ok_or(TaskRefusal::ReasonMissing(number))?;
                TaskChanged::NotNeeded { note }
            }
            (TaskChange::Done { note, .. }, None) => TaskChanged::Done { note: words(note)? },
            (TaskChange::Add(_), None) => return Err(TaskRefusal::Unknown(number).into()),
        };
        Ok((number, task.department.clone(), change))
    }

    /// Somebody with a link may change the tasks of the department that the page is about, their own, and those of
    /// every department if their own department has a track.
    fn refuse_if_not_theirs(&self, task: &Task, by: &Principal, page: Option<u32>) -> Result<(), Refusal> {
        let Principal::LinkHolder { roster, liaison, .. } = by else { return Ok(()) };
        let page = page.and_then(|number| self.incident.page(number));
        let is_asked = page.is_some_and(|(scope, _)| scope.department == task.department);
        let is_assigned = task.to.is_some_and(|to| to.roster == *roster && to.liaison == *liaison);
        let has_track = self.incident.track(roster).is_some();
        if is_asked || is_assigned || has_track { Ok(()) } else { Err(TaskRefusal::NotTheirs(task.number).into()) }
    }

    fn added(&self, new: NewTask) -> Result<(u32, DepartmentId, TaskChanged), Refusal> {
        let NewTask { department, words, within, to } = new;
        let words = words.trim();
        if words.is_empty() {
            return Err(TaskRefusal::WordsMissing.into());
        }
        if words.chars().count() > TASK_MAX {
            return Err(TaskRefusal::WordsTooLong.into());
        }
        let added = self.incident.changed_tasks().iter().filter_map(|task| task.own.as_ref());
        if added.filter(|own| own.words.is_none()).count() >= TASKS_ADDED_MAX {
            return Err(TaskRefusal::TooMany.into());
        }
        let (plan, now) = (self.context.plan, self.context.now);
        if !plan.rosters.contains_key(&department) {
            return Err(TaskRefusal::UnknownDepartment(department).into());
        }
        if let Some(liaison) = &to {
            let search = Search::new(plan, now.wall, &self.incident.involved);
            if search.liaison(&department, liaison).is_none_or(|liaison| !plan.reaches(liaison)) {
                return Err(TaskRefusal::NotInDepartment { department, liaison: liaison.clone() }.into());
            }
        }
        let to = to.map(|liaison| RosterEntry { roster: department.clone(), liaison });
        let due_at = within.map(|within| now.wall + within.delta());
        Ok((self.incident.last_task() + 1, department, TaskChanged::Added { text: words.into(), due_at, to }))
    }
}

/// What somebody wrote; an empty field says nothing.
fn words(note: Option<String>) -> Result<Option<Words>, Refusal> {
    let note = note.filter(|note| !note.trim().is_empty());
    Ok(note.map(|note| checked_note(&note)).transpose()?.map(Into::into))
}

/// The tasks of an incident that opens now.
pub(in crate::domain::escalation) fn at_opening(playbook: &Playbook, now: Now) -> TasksOpened {
    let first = playbook.actions.iter().filter_map(|action| action.within).min();
    TasksOpened {
        count: u16::try_from(playbook.actions.len()).unwrap_or(u16::MAX),
        next_at: first.map(|within| now.logical + within.delta()),
    }
}

/// The tasks of an incident that takes another playbook: all that it has, and those of the new playbook's actions that it
/// does not have yet, which are due counted from now.
pub(in crate::domain::escalation) fn at_reclassification(
    incident: &Incident,
    from: &Playbook,
    to: &Playbook,
    now: Now,
) -> Vec<ListedTask> {
    let before = incident.tasks(from);
    let kept = before.iter().filter_map(|task| {
        let (department, words) = (task.department.clone(), task.words?.into());
        Some(ListedTask { task: task.number, department, words, due_at: task.due_at })
    });
    let is_new = |department: &DepartmentId, words: &str| {
        before.iter().all(|task| task.department != department || task.words != Some(words))
    };
    let new = to.actions.iter().filter(|action| is_new(&action.department, &action.task));
    let new = (incident.last_task() + 1..).zip(new).map(|(task, action)| ListedTask {
        task,
        department: action.department.clone(),
        words: action.task.as_str().into(),
        due_at: action.within.map(|within| now.wall + within.delta()),
    });
    kept.chain(new).collect()
}

/// When an incident is looked at again for what it owes, in logical time.
pub(in crate::domain::escalation) fn next_look(incident: &Incident, context: &Context) -> Option<DateTime<Utc>> {
    let now = context.now;
    let tasks = incident.tasks(context.playbook);
    let looks = tasks.iter().filter(|task| task.is_open()).filter_map(|task| {
        let told = incident.told(task.department);
        let again_at = told.and_then(|told| told.again_at);
        if incident.resolved.is_some() {
            return Some(again_at.unwrap_or(now.logical));
        }
        let due = task.due_at?;
        let is_reported = told.and_then(|told| told.overdue_through).is_some_and(|through| due <= through);
        if is_reported { again_at } else { Some(now.logical + (due - now.wall)) }
    });
    looks.min()
}
