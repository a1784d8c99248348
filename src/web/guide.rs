//! What the playbook says to whoever has it: do, never do, by when, and which words need whose approval.

use crate::domain::playbook::Action;
use crate::engine::protocol::link::LinkView;
use crate::web::words::{Times, join};

/// What the playbook says.
#[derive(Debug)]
pub struct Guide {
    /// The reader's own department's.
    pub actions: Vec<Task>,
    /// What others do.
    pub others: Vec<Task>,
    /// What helps.
    pub advice: Vec<String>,
    /// What harms.
    pub never: Vec<String>,
    pub examples: Vec<String>,
    /// Texts for use after approval.
    pub statements: Vec<Wording>,
}

/// One thing to be done.
#[derive(Debug)]
pub struct Task {
    /// By when.
    pub by: Option<String>,
    /// Who.
    pub department: String,
    /// What.
    pub text: String,
}

/// A text for use after approval.
#[derive(Debug)]
pub struct Wording {
    /// Its name.
    pub name: String,
    /// The words.
    pub text: String,
    /// Who must approve.
    pub approval: String,
}

impl Guide {
    /// The playbook that the incident has, for one department.
    pub fn new(view: &LinkView, times: Times<'_>) -> Self {
        let task = |action: &Action| Task {
            by: action.within.map(|within| times.wall(view.incident.received_at + within.delta())),
            department: view.plan.department_name(&action.department).to_owned(),
            text: action.task.clone(),
        };
        let (own, others): (Vec<_>, Vec<_>) =
            view.playbook.actions.iter().partition(|action| action.department == view.target.department);
        let statements = view.playbook.statements.iter().map(|statement| {
            let names: Vec<_> = statement.approve.iter().map(|one| view.plan.department_name(one).to_owned()).collect();
            let approval = match names.len() {
                0 => "May be used as it stands.".to_owned(),
                _ => format!("Use only after approval by {}.", join(&names)),
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
