//! The policies, for people who have signed in: all of them, and the text of each.

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::domain::id::PolicyName;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::policy::markdown::shown;
use crate::web::app_state::Shared;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::pages::context::{Context, page};
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::viewer::Viewer;
use crate::web::session::pages::not_shown;
use crate::web::session::signed_in::SignedIn;
use crate::web::words::Times;

#[derive(Debug, Template)]
#[template(path = "policies.html")]
pub struct PoliciesPage {
    frame: Frame,
    /// Names and titles.
    policies: Vec<(PolicyName, String)>,
}

#[derive(Debug, Template)]
#[template(path = "policy.html")]
pub struct PolicyPage {
    frame: Frame,
    title: String,
    /// As HTML.
    text: String,
}

impl PoliciesPage {
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer) -> Self {
        let all = plan.policies.iter();
        let mut policies: Vec<_> = all.map(|(name, policy)| (name.clone(), policy.title.clone())).collect();
        policies.sort_by(|(_, one), (_, other)| one.cmp(other));
        Self { frame: frame(site, now, viewer), policies }
    }
}

impl PolicyPage {
    /// The policy of that name, if there is one.
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer, name: &str) -> Option<Self> {
        let policy = plan.policies.get(&name.parse::<PolicyName>().ok()?)?;
        let text = shown(&policy.text, &|name| format!("{}/policies/{name}", site.path));
        Some(Self { frame: frame(site, now, viewer), title: policy.title.clone(), text })
    }
}

pub(in crate::web) async fn list(State(app): Shared, who: SignedIn) -> Response {
    let context = Context::new(&app, &who);
    page(FINE, &PoliciesPage::new(context.site(), &context.plan, context.now, &context.viewer))
}

pub(in crate::web) async fn one(
    State(app): Shared,
    who: SignedIn,
    name: Result<Path<String>, PathRejection>,
) -> Response {
    let context = Context::new(&app, &who);
    let name = name.map(|Path(name)| name).unwrap_or_default();
    match PolicyPage::new(context.site(), &context.plan, context.now, &context.viewer, &name) {
        Some(policy) => page(FINE, &policy),
        None => not_shown(&app, &Problem::new(Kind::UnknownRoute, "Choose a policy from the list at `/policies`")),
    }
}

fn frame(site: Site<'_>, now: Now, viewer: &Viewer) -> Frame {
    Frame::new(site, viewer, Times::new(&viewer.zone, now), Tab::Policies)
}
