//! What the playbook tells the responder: what to do, what never to do, deadlines, and which statements need whose
//! approval.

use crate::domain::playbook::Action;
use crate::engine::protocol::link::LinkView;
use crate::web::words::{Times, join};

#[derive(Debug)]
pub struct Guide {
    pub actions: Vec<Task>,
    pub others: Vec<Task>,
    pub advice: Vec<String>,
    pub never: Vec<String>,
    pub examples: Vec<String>,
    pub statements: Vec<Wording>,
}

#[derive(Debug)]
pub struct Task {
    pub by: Option<String>,
    pub department: String,
    pub text: String,
}

#[derive(Debug)]
pub struct Wording {
    pub name: String,
    pub text: String,
    pub approval: String,
}

impl Guide {
    /// The incident's playbook from one department's point of view.
    pub fn new(view: &LinkView, times: Times<'_>) -> Self {
        let task = |action: &Action| Task {
            by: action.within.map(|within| times.wall(view.incident.received_at + within.delta())),
            department: view.plan.department_name(&action.department).to_owned(),
            text: action.task.clone(),
        };
        let (own, others): (Vec<_>, Vec<_>) =
            view.playbook.actions.iter().partition(|action| action.department == view.target.department);
        let statements = view.playbook.statements.iter().filter(|one| !one.ready).map(|statement| {
            let names: Vec<_> = statement.approve.iter().map(|one| view.plan.department_name(one).to_owned()).collect();
            let approval = match statement.ready || names.is_empty() {
                true => "No approval needed.".to_owned(),
                false => format!("Use only after approval by {}.", join(&names)),
            };
            Wording { name: statement.name.clone(), text: statement.text.trim().to_owned(), approval }
        });
        Self {
            actions: own.into_iter().map(task).collect(),
            others: others.into_iter().map(task).collect(),
            advice: view.playbook.guidance.advice.clone(),
            never: view.playbook.guidance.do_not.clone(),
            examples: view.playbook.guidance.examples.clone(),
            statements: statements.collect(),
        }
    }
}
