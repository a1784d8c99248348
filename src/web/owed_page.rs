//! The page of a link that asks for what is owed, rather than for an answer.

use askama::Template;

use crate::domain::page::PageReason;
use crate::domain::severity::Severity;
use crate::engine::protocol::link::LinkView;
use crate::web::notice::{Notice, Pressed};
use crate::web::page::is_own;
use crate::web::style::CSS;
use crate::web::tasks::TaskBlock;
use crate::web::waiting::Beside;
use crate::web::words::Times;

#[derive(Debug, Template)]
#[template(path = "owed.html")]
pub struct OwedPage {
    css: &'static str,
    hospital: String,
    drill: bool,
    severity: Severity,
    title: String,
    notice: Option<Notice>,
    headline: String,
    lead: Vec<String>,
    facts: Vec<(&'static str, String)>,
    tasks: TaskBlock,
    reader: String,
    beside: Beside,
}

impl OwedPage {
    /// The page, right after a press or without one; `None` if the link asks for something else.
    pub fn new(view: &LinkView, pressed: Option<&Pressed>, beside: Beside) -> Option<Self> {
        let (incident, target) = (&view.incident, &view.target);
        let reason = incident.page(target.page).map(|(_, page)| page.reason);
        let asks_for_tasks = match reason {
            Some(reason) => reason.is_for_tasks(),
            None => incident.track(&target.department).is_none(),
        };
        // Whoever has the department's track sees the tasks beside what else there is to do for it.
        let track = incident.track(&target.department).filter(|_| incident.resolved.is_none());
        let has_track = track.and_then(|track| track.acknowledged.as_ref()).is_some_and(|one| is_own(target, &one.by));
        if !asks_for_tasks || has_track {
            return None;
        }
        let zone = view.plan.zone(&target.department);
        let times = Times::new(&zone, view.now);
        let tasks = TaskBlock::new(view, times);
        let department = view.plan.department_name(&target.department).to_owned();
        Some(Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            drill: incident.drill,
            severity: incident.severity,
            title: view.playbook.title.clone(),
            notice: pressed.and_then(|pressed| pressed.notice(times, true)),
            headline: headline(&tasks, reason),
            lead: lead(view, &tasks, times),
            facts: vec![("Department", department), ("Reference", incident.id.to_string())],
            tasks,
            reader: target.name.clone(),
            beside,
        })
    }

    /// The same after a press for several pages.
    #[must_use]
    pub fn with_notice(mut self, notice: Option<Notice>) -> Self {
        self.notice = self.notice.or(notice);
        self
    }
}

fn headline(tasks: &TaskBlock, reason: Option<PageReason>) -> String {
    let overdue = tasks.mine.iter().filter(|row| row.overdue).count();
    let (count, what) = match reason {
        Some(PageReason::Overdue) if overdue > 0 => (overdue, "overdue"),
        _ => (tasks.open(), "still yours"),
    };
    match count {
        0 => "Nothing is owed anymore".to_owned(),
        1 => format!("1 task is {what}"),
        count => format!("{count} tasks are {what}"),
    }
}

fn lead(view: &LinkView, tasks: &TaskBlock, times: Times<'_>) -> Vec<String> {
    let resolved = view.incident.resolved.as_ref().map(|resolution| {
        format!("The incident was resolved by {} at {}.", resolution.by.name(), times.logical(resolution.at))
    });
    let rest = match (tasks.open(), &resolved) {
        (0, _) => "You do not need to do anything.",
        (_, Some(_)) => "Until each task is done, you are reminded once a day, never at night.",
        (_, None) => "Press Done at each task that is done.",
    };
    resolved.into_iter().chain([rest.to_owned()]).collect()
}
