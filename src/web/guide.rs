//! What the playbook tells the responder: what to do, what never to do, and which statements need whose approval.

use crate::engine::protocol::link::LinkView;
use crate::web::words::join;

#[derive(Debug)]
pub struct Guide {
    pub advice: Vec<String>,
    pub never: Vec<String>,
    pub examples: Vec<String>,
    pub statements: Vec<Wording>,
}

#[derive(Debug)]
pub struct Wording {
    pub name: String,
    pub text: String,
    pub approval: String,
}

impl Guide {
    pub fn new(view: &LinkView) -> Self {
        let statements = view.playbook.statements.iter().map(|statement| {
            let names: Vec<_> = statement.approve.iter().map(|one| view.plan.department_name(one).to_owned()).collect();
            let approval = match statement.ready || names.is_empty() {
                true => "No approval needed.".to_owned(),
                false => format!("Use only after approval by {}.", join(&names)),
            };
            Wording { name: statement.name.clone(), text: statement.text.trim().to_owned(), approval }
        });
        Self {
            advice: view.playbook.guidance.advice.clone(),
            never: view.playbook.guidance.do_not.clone(),
            examples: view.playbook.guidance.examples.clone(),
            statements: statements.collect(),
        }
    }
}
