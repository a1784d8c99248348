//! `/report/{token}`: the secret link of a source, by which any member of staff reports a post without signing in.
//!
//! Nothing that is on the record comes back here but the reference of what was just reported.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::inbound::input_error::InputError;
use crate::web::app_state::{AppState, Shared};
use crate::web::auth::Caller;
use crate::web::error::{FINE, Kind, Problem};
use crate::web::hand_in::{HandedIn, NAMES_NOBODY, hand_in};
use crate::web::message::message_page;
use crate::web::open_form::fields::{Choices, FormFields, Preview};
use crate::web::open_form::written::Written;
use crate::web::pages::frame::SHEET;
use crate::web::session::client::Client;
use crate::web::session::own_form::LongForm;
use crate::web::session::pages::problem_page;
use crate::web::style::{html_with_origin, set_policy};
use crate::web::words::{Times, sentence};

type Token = Result<Path<String>, PathRejection>;

#[derive(Debug, Template)]
#[template(path = "report.html")]
pub struct ReportPage {
    css: &'static str,
    hospital: String,
    headline: &'static str,
    /// Why to sign in first, and where.
    sign_in: Option<(&'static str, String)>,
    /// Why it could not be recorded.
    failed: Option<String>,
    form: FormFields,
}

pub(in crate::web) async fn show(State(app): Shared, token: Token) -> Response {
    match admitted(&app, token) {
        Ok((token, _)) => {
            let written = Written::blank(app.session.secret().reveal());
            ReportPage::shown(&app, FINE, fields(&app, &token, written, &[]), None)
        }
        Err(problem) => refused(&app, &problem),
    }
}

/// Somebody sends the form.
pub(in crate::web) async fn send(
    State(app): Shared,
    client: Client,
    token: Token,
    LongForm(sent): LongForm,
) -> Response {
    let (token, caller) = match admitted(&app, token) {
        Ok(admitted) => admitted,
        Err(problem) => return refused(&app, &problem),
    };
    if !app.session.may_report(&client.counted_as()) {
        let detail = "Wait a few minutes, and call the hospital’s operator meanwhile";
        return problem_page(&app, &Problem::new(Kind::TooManyTries, detail));
    }
    let written = Written::read(&sent, app.session.secret().reveal());
    let plan = app.handle.plan();
    let errors = written.errors(&Choices::new(&plan, |_| true).classes());
    if !errors.is_empty() {
        let status = Problem::invalid(Vec::new()).status();
        return ReportPage::shown(&app, status, fields(&app, &token, written, &errors), None);
    }
    match hand_in(&app, &caller, &written.to_json()).await {
        Ok(handed_in) => recorded(&app, &handed_in),
        Err(problem) => {
            let form = fields(&app, &token, written, problem.errors());
            ReportPage::shown(&app, problem.status(), form, Some(failure(&problem)))
        }
    }
}

/// The token and the source of a link that is known.
fn admitted(app: &AppState, token: Token) -> Result<(String, Caller), Problem> {
    let token = token.ok().map(|Path(token)| token);
    let found = token.and_then(|token| app.keyring.of_form(&token).cloned().map(|caller| (token, caller)));
    found.ok_or_else(|| Problem::new(Kind::UnknownLink, "Look for a newer link"))
}

fn refused(app: &AppState, problem: &Problem) -> Response {
    if problem.kind != Kind::UnknownLink {
        return problem_page(app, problem);
    }
    app.unknown_link.warn();
    let lead = ["It may have been replaced. Look for a newer one where you found it, or call the hospital’s operator."];
    message_page(app, problem.status(), "This link is not valid", &lead, None)
}

fn fields(app: &AppState, token: &str, written: Written, errors: &[InputError]) -> FormFields {
    let plan = app.handle.plan();
    FormFields::new(format!("{}/report/{token}", app.path), &Choices::new(&plan, |_| true), written, errors)
}

/// What was recorded, when, and what to do now.
pub(in crate::web) fn recorded(app: &Arc<AppState>, handed_in: &HandedIn) -> Response {
    let receipt = &handed_in.receipt;
    let plan = app.handle.plan();
    let zone = plan.zone(&plan.fallback);
    let at = Times::new(&zone, app.clocks()).wall_to_the_second(receipt.received_at);
    let what = format!("Recorded at {at}. We page the people on call, now or when their department opens.");
    let reference = format!("Your reference is {}. Write it down, in case you have a question.", receipt.id);
    let is_unmatched = handed_in.warnings.iter().any(|warning| warning.code == NAMES_NOBODY);
    let unmatched = "A name that you gave is not on a roster, so we cannot keep that person from being paged.";
    // Whoever reports what is open already is told neither that it is nor its reference: they may be involved in it.
    let lead = [
        Some(what.as_str()),
        Some(reference.as_str()).filter(|_| !receipt.duplicate_of_open),
        Some(unmatched).filter(|_| is_unmatched),
        Some("Do not answer the post yourself, and do not share it. Keep the link to it."),
        Some("If you learn more, report it again with the same link."),
    ];
    let lead: Vec<&str> = lead.into_iter().flatten().collect();
    message_page(app, FINE, "Thank you: this was reported", &lead, None)
}

/// Why a form was not taken, for the person who sent it. Its hidden number makes sending it again safe.
pub(in crate::web) fn failure(problem: &Problem) -> String {
    match problem.kind {
        Kind::NotKnownYet => {
            "We do not know yet whether this was recorded. Press the button again: if it was already recorded, it is not \
             opened twice."
                .to_owned()
        }
        _ => sentence(problem.detail()),
    }
}

impl ReportPage {
    fn shown(app: &AppState, status: StatusCode, form: FormFields, failed: Option<String>) -> Response {
        Self {
            css: &SHEET,
            hospital: app.handle.plan().hospital.to_string(),
            headline: "Report a post",
            sign_in: None,
            failed,
            form,
        }
        .answer(status)
    }

    /// The form of somebody whose session has ended meanwhile, with all that they wrote.
    pub(in crate::web) fn after_session(app: &AppState, action: String, written: Written) -> Response {
        let why = "Nothing was recorded: your session has ended. Sign in in another tab. Then come back here and press the \
                   button again: what you wrote stays.";
        Self {
            css: &SHEET,
            hospital: app.handle.plan().hospital.to_string(),
            headline: "Open an incident",
            sign_in: Some((why, format!("{}/sign-in", app.path))),
            failed: None,
            form: FormFields::echo(action, written),
        }
        .answer(Problem::new(Kind::SignInFirst, "").status())
    }

    fn answer(&self, status: StatusCode) -> Response {
        // Writing to memory does not fail, and the template is checked when it is compiled.
        let mut response = html_with_origin(status, self.render().unwrap_or_default());
        set_policy(&mut response, self.css);
        response
    }
}
