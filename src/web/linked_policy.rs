//! A policy behind a page's link: it protects nobody's words, so it needs no sign-in.

use askama::Template;

use crate::domain::id::PolicyName;
use crate::domain::policy::markdown::shown;
use crate::engine::protocol::link::LinkView;
use crate::web::style::CSS;

#[derive(Debug, Template)]
#[template(path = "linked-policy.html")]
pub struct LinkedPolicy {
    css: &'static str,
    hospital: String,
    title: String,
    /// As HTML.
    text: String,
}

impl LinkedPolicy {
    /// The policy that the address asks for, if there is one of that name.
    pub fn new(view: &LinkView, name: &str) -> Option<Self> {
        let policy = view.plan.policies.get(&name.parse::<PolicyName>().ok()?)?;
        Some(Self {
            css: CSS,
            hospital: view.plan.hospital.to_string(),
            title: policy.title.clone(),
            text: shown(&policy.text, &address),
        })
    }
}

/// Where a policy is behind the same link.
pub fn address(name: &PolicyName) -> String {
    format!("?policy={name}")
}
