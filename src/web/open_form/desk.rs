//! `/incidents/new`: people whose group may open incidents do so by a form.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::config::settings::Strictness;
use crate::domain::permission::Permission;
use crate::domain::plan::Plan;
use crate::domain::playbook::matching;
use crate::inbound::input_error::InputError;
use crate::inbound::wardbell::incident::decode;
use crate::web::app_state::{AppState, Shared};
use crate::web::auth::Caller;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::hand_in::{HandedIn, hand_in};
use crate::web::notice::Notice;
use crate::web::open_form::fields::{Choices, FormFields, Preview, UNKNOWN_NAMES, paged};
use crate::web::open_form::report::{ReportPage, failure, recorded};
use crate::web::open_form::written::Written;
use crate::web::pages::context::{Context, history, page};
use crate::web::pages::frame::{Frame, Tab};
use crate::web::session::own_form::LongForm;
use crate::web::session::pages::{problem_page, redirect};
use crate::web::session::signed_form::FORM_TOKEN;
use crate::web::session::signed_in::{self, SignedIn};
use crate::web::words::{Times, join};

#[derive(Debug, Template)]
#[template(path = "new.html")]
struct NewPage {
    frame: Frame,
    notice: Option<Notice>,
    form: FormFields,
}

pub(in crate::web) async fn show(State(app): Shared, who: SignedIn) -> Response {
    if !who.may_somewhere(Permission::Open) {
        return problem_page(&app, &forbidden());
    }
    let plan = app.handle.plan();
    let written = Written::blank(app.session.secret().reveal());
    let form = FormFields::new(action(&app), &choices(&plan, &who), written, &[]);
    shown(&app, &who, FINE, FormFields { preview: Preview::NotAsked, ..form }, None)
}

/// Somebody sends the form.
pub(in crate::web) async fn open(State(app): Shared, LongForm(sent): LongForm) -> Response {
    let written = Written::read(&sent, app.session.secret().reveal());
    let Some(who) = signed_in::find(&app, &sent.headers, signed_in::Request::OfPerson) else {
        return ReportPage::after_session(&app, action(&app), written);
    };
    if !who.may_somewhere(Permission::Open) {
        return problem_page(&app, &forbidden());
    }
    let plan = app.handle.plan();
    let choices = choices(&plan, &who);
    let show = |status, written, errors: &[InputError], notice, preview| {
        let form = FormFields::new(action(&app), &choices, written, errors);
        shown(&app, &who, status, FormFields { preview, ..form }, notice)
    };
    if !sent.field(FORM_TOKEN).is_some_and(|token| who.has_form_token(token)) {
        let text =
            "Nothing was recorded yet: you have signed in again. Check what you wrote and press the button again.";
        let notice = Notice { failed: true, text: text.to_owned(), look_again: false };
        return show(Problem::new(Kind::Forbidden, "").status(), written, &[], Some(notice), Preview::NotAsked);
    }
    let mut errors = written.errors(&choices.classes());
    if !written.is_sure {
        errors.extend(on_no_roster(&written.unknown_names(&plan)));
    }
    let invalid = || Problem::invalid(Vec::new()).status();
    if !errors.is_empty() {
        return show(invalid(), written, &errors, None, Preview::NotAsked);
    }
    let incoming = match decode(&written.to_json(), Strictness::Lenient) {
        Ok(decoded) => decoded.incoming,
        Err(errors) => return show(invalid(), written, &errors, None, Preview::NotAsked),
    };
    // A class has playbooks for several departments; which one it is, the words decide.
    let chosen = matching::choose(&plan.playbooks, &incoming.class, &incoming);
    if !chosen.is_some_and(|playbook| who.may_for(Permission::Open, &playbook.departments)) {
        return problem_page(&app, &forbidden());
    }
    if written.is_preview {
        let people = paged(&plan, app.clocks(), incoming);
        return show(FINE, written, &[], None, Preview::Paged(people));
    }
    let caller = Caller::of_person(who.principal([]));
    match hand_in(&app, &caller, &written.to_json()).await {
        Ok(handed_in) => opened(&app, &who, &handed_in).await,
        Err(problem) => {
            let notice = Notice { failed: true, text: failure(&problem), look_again: false };
            show(problem.status(), written, problem.errors(), Some(notice), Preview::NotAsked)
        }
    }
}

/// Leads to the incident, unless its opener may not see it.
async fn opened(app: &Arc<AppState>, who: &SignedIn, handed_in: &HandedIn) -> Response {
    let id = handed_in.receipt.id;
    match history(app, id).await {
        Ok(history) if who.may(Permission::See, &history.incident) => redirect(app, &format!("/incidents/{id}")),
        _ => recorded(app, handed_in),
    }
}

fn choices<'a>(plan: &'a Plan, who: &SignedIn) -> Choices<'a> {
    Choices::new(plan, |playbook| who.may_for(Permission::Open, &playbook.departments))
}

fn on_no_roster(names: &[&str]) -> Option<InputError> {
    let (are, them) = if names.len() == 1 { ("is", "that person") } else { ("are", "those people") };
    let names: Vec<String> = names.iter().map(|name| format!("“{name}”")).collect();
    let message = format!(
        "{} {are} not on a roster, so we cannot keep {them} from being paged. Correct the name, or check the box under the field",
        join(&names)
    );
    (!names.is_empty()).then(|| InputError::new("involved", UNKNOWN_NAMES, message))
}

fn forbidden() -> Problem {
    Problem::new(Kind::Forbidden, "Ask your administrator for a group with the permission to open incidents")
}

fn action(app: &AppState) -> String {
    format!("{}/incidents/new", app.path)
}

fn shown(
    app: &Arc<AppState>,
    who: &SignedIn,
    status: StatusCode,
    form: FormFields,
    notice: Option<Notice>,
) -> Response {
    let context = Context::new(app, who);
    let times = Times::new(&context.viewer.zone, context.now);
    let frame = Frame::new(context.site(), &context.viewer, times, Tab::Board);
    let form = FormFields { form_token: Some(who.form_token.clone()), ..form };
    page(status, &NewPage { frame, notice, form })
}
