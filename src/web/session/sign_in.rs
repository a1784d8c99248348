//! `/sign-in`: six digits to a contact that the person enters.
//!
//! Whoever enters an address learns nothing of whether it is known: the answer is the same, and what is sent or recorded
//! is not waited for.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::domain::access_message::{AccessMessage, AccessNews, SignInCode};
use crate::domain::contact::{ChannelKind, Contact};
use crate::domain::person::Person;
use crate::domain::person_id::PersonId;
use crate::domain::principal::SignInMethod;
use crate::domain::session::{SessionEnd, SessionInput, SignInFailure, SignInProof};
use crate::domain::wait::Wait;
use crate::engine::protocol::access_mail::AccessMail;
use crate::engine::protocol::refused::SignInFailedFor;
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{FINE, Kind, Problem};
use crate::web::session::client::Client;
use crate::web::session::codes::{Asked, Entered, GOOD_FOR, PER_PERSON, Waiting};
use crate::web::session::cookies::{Cookie, hash_of};
use crate::web::session::own_form::OwnForm;
use crate::web::session::pages::{checked_next, problem_page, redirect};
use crate::web::session::signed_in;
use crate::web::style::{CSS, html_with_origin};
use crate::web::words::Times;

/// Where signing in leads unless another page was wanted.
pub const FIRST_PAGE: &str = "/board";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    css: &'static str,
    hospital: &'a str,
    path: &'a str,
    notice: Option<&'a str>,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "code.html")]
struct CodePage<'a> {
    css: &'static str,
    hospital: &'a str,
    path: &'a str,
    failed: Option<&'a str>,
    sent_to: Option<&'a str>,
    until: &'a str,
    per_hour: usize,
}

#[derive(Deserialize)]
pub struct Wanted {
    next: Option<String>,
    /// Set right after signing out.
    #[serde(rename = "signed-out")]
    signed_out: Option<String>,
}

/// The page for signing in. Whoever is signed in goes on.
pub(in crate::web) async fn show(
    State(app): Shared,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = wanted.ok().map(|Query(wanted)| wanted);
    let next = wanted.as_ref().and_then(|wanted| checked_next(wanted.next.as_deref()?));
    if signed_in::find(&app, &headers, signed_in::Request::OfPerson).is_some() {
        return redirect(&app, next.unwrap_or(FIRST_PAGE));
    }
    let is_signed_out = wanted.as_ref().is_some_and(|wanted| wanted.signed_out.is_some());
    let notice = is_signed_out.then_some("You are signed out.");
    sign_in_page(&app, notice, next.unwrap_or_default())
}

fn sign_in_page(app: &AppState, notice: Option<&str>, next: &str) -> Response {
    let hospital = app.handle.plan().hospital.to_string();
    let page = SignInPage { css: CSS, hospital: &hospital, path: &app.path, notice, next };
    // Writing to memory does not fail, and the templates are checked when they are compiled.
    html_with_origin(FINE, page.render().unwrap_or_default())
}

/// Somebody enters an address.
pub(in crate::web) async fn ask(State(app): Shared, client: Client, form: OwnForm) -> Response {
    let (address, next) = (form.field("address").unwrap_or_default(), form.field("next").and_then(checked_next));
    if !app.session.may_ask(&client.counted_as()) {
        return too_many(&app);
    }
    let plan = app.handle.plan();
    let found = plan.people().at_address(address).filter(|(_, contact)| plan.channels.contains(&contact.channel));
    let proof = |person: &Person, contact: &Contact| SignInProof {
        contact: Some(contact.channel),
        marks: person.marks(),
        ..SignInProof::new(&person.name, SignInMethod::Code)
    };
    let person = found.map(|(person, contact)| (person.id.clone(), proof(person, contact)));
    let waiting = Waiting { person, next: next.unwrap_or(FIRST_PAGE).to_owned(), sent_to: None };
    let (response, _) = send_code(&app, waiting, found.map(|(_, contact)| contact));
    response
}

/// Sends a code, if somebody is to get one, and leads to the page where it is entered. What is made only for an address
/// that is known is made after the answer, whose time therefore says nothing.
pub(in crate::web) fn send_code(app: &Arc<AppState>, waiting: Waiting, contact: Option<&Contact>) -> (Response, Asked) {
    let (browser, code) = (app.session.secret(), app.session.code());
    let up = app.session.up();
    let asked = app.session.codes().ask(hash_of(browser.reveal()), waiting, code.hash(), up);
    let to = contact.filter(|_| asked == Asked::ToBeSent).map(|contact| (contact.channel, contact.address.clone()));
    let sender = Arc::clone(app);
    tokio::spawn(async move {
        if let Some(to) = to {
            let mail = code_mail(&sender, to, code);
            sender.handle.send_access_mail(mail).await;
        }
    });
    let mut response = redirect(app, "/sign-in/code");
    app.session.cookies.set(&mut response, Cookie::Waiting, &browser);
    (response, asked)
}

fn code_mail(app: &AppState, (channel, to): (ChannelKind, String), code: SignInCode) -> AccessMail {
    let (plan, now) = (app.handle.plan(), (app.now)());
    let until = local(app, GOOD_FOR);
    let about = AccessNews::Code { code, until };
    let (hospital, number) = (plan.hospital.clone(), app.session.number());
    let message = AccessMessage { hospital, channel, about, written_at: now, number };
    AccessMail { to, message, good_for: GOOD_FOR, tests: None }
}

/// The local time after a while.
pub(in crate::web) fn local(app: &AppState, after: Duration) -> String {
    let (plan, now) = (app.handle.plan(), app.clocks());
    let after = chrono::TimeDelta::from_std(after).unwrap_or_default();
    Times::new(&plan.zone(&plan.fallback), now).wall(now.wall + after)
}

/// The page where the code is entered.
pub(in crate::web) async fn show_code(State(app): Shared, headers: HeaderMap) -> Response {
    let browser = app.session.cookies.read(&headers, Cookie::Waiting).map(|secret| hash_of(&secret));
    let left = browser.and_then(|browser| app.session.codes().left(&browser, app.session.up()));
    let sent_to = browser.and_then(|browser| app.session.codes().sent_to(&browser));
    match left {
        Some(left) => code_page(&app, FINE, (None, sent_to), left),
        None => redirect(&app, "/sign-in"),
    }
}

fn code_page(
    app: &AppState,
    status: StatusCode,
    (failed, sent_to): (Option<&str>, Option<&str>),
    left: Duration,
) -> Response {
    let (hospital, until) = (app.handle.plan().hospital.to_string(), local(app, left));
    let (path, per_hour) = (&app.path, PER_PERSON);
    let page = CodePage { css: CSS, hospital: &hospital, path, failed, sent_to, until: &until, per_hour };
    html_with_origin(status, page.render().unwrap_or_default())
}

/// Somebody enters a code.
pub(in crate::web) async fn enter(State(app): Shared, client: Client, form: OwnForm) -> Response {
    if !app.session.may_try(&client.counted_as()) {
        return too_many(&app);
    }
    let typed = form.field("code").map(SignInCode::hash_of);
    let browser = app.session.cookies.read(&form.headers, Cookie::Waiting).map(|secret| hash_of(&secret));
    let (Some(typed), Some(browser)) = (typed, browser) else { return redirect(&app, "/sign-in") };
    let up = app.session.up();
    let (entered, left) = {
        let mut codes = app.session.codes();
        (codes.enter(&browser, &typed, up), codes.left(&browser, up))
    };
    let waiting = match entered {
        Entered::Right(waiting) => waiting,
        Entered::Wrong { tries_left, person } => {
            note_failure(&app, person, tries_left, &client);
            let problem = Problem::new(Kind::NotSignedIn, "");
            return match left {
                Some(left) => code_page(&app, problem.status(), (Some(&wrong(tries_left)), None), left),
                None => sign_in_page(&app, Some("That was not the code. Ask for a new one."), ""),
            };
        }
        Entered::NoCode => return sign_in_page(&app, Some("The code is no longer good. Ask for a new one."), ""),
    };
    let Some((person, proof)) = waiting.person.clone() else { return redirect(&app, "/sign-in") };
    let longest = app.handle.plan().access.sign_in.longest;
    match begin(&app, &form.headers, &client, (person, proof), longest).await {
        Ok(response) => response(&waiting.next),
        Err(problem) => {
            app.session.codes().put_back(browser, waiting, typed, up);
            problem_page(&app, &problem)
        }
    }
}

fn wrong(tries_left: u32) -> String {
    let tries = if tries_left == 1 { "1 try is".to_owned() } else { format!("{tries_left} tries are") };
    format!("That is not the code. {tries} left.")
}

/// Begins a session, and ends the one that the browser had. Returns the answer that leads to a page.
pub(in crate::web) async fn begin(
    app: &Arc<AppState>,
    headers: &HeaderMap,
    client: &Client,
    (person, proof): (PersonId, SignInProof),
    longest: Wait,
) -> Result<impl FnOnce(&str) -> Response + use<>, Problem> {
    let secret = app.session.secret();
    let session = hash_of(secret.reveal());
    let sign_in = SessionInput::SignIn { session, proof, from: client.address(), longest };
    app.handle.session(person, sign_in).await?;
    let before = app.session.cookies.read(headers, Cookie::Session).map(|secret| hash_of(&secret));
    if let Some(before) = before
        && let Some(live) = app.handle.sessions().get(&before)
    {
        app.session.activity().end(before);
        app.handle.end_session(live.person.clone(), before, SessionEnd::Replaced, None).await;
    }
    let app = Arc::clone(app);
    Ok(move |next: &str| {
        let mut response = redirect(&app, next);
        app.session.cookies.set(&mut response, Cookie::Session, &secret);
        app.session.cookies.clear(&mut response, Cookie::Waiting);
        response
    })
}

fn note_failure(app: &Arc<AppState>, person: Option<PersonId>, tries_left: u32, client: &Client) {
    let Some(person) = person else {
        app.handle.metrics().sign_in_failed(SignInFailedFor::NoCodeSent);
        return app.session.note_no_code_sent();
    };
    app.handle.metrics().sign_in_failed(SignInFailedFor::WrongCode);
    let Some(unrecorded) = app.session.codes().note_failure(&person, app.session.up()) else { return };
    let why = if tries_left == 0 { SignInFailure::TooManyTries } else { SignInFailure::WrongCode };
    let (handle, from) = (app.handle.clone(), client.address());
    tokio::spawn(async move {
        let failed = SessionInput::Failed { why, from, unrecorded };
        if let Err(refused) = handle.session(person, failed).await {
            tracing::warn!(%refused, "a failed sign-in could not be recorded");
        }
    });
}

pub(in crate::web) fn too_many(app: &AppState) -> Response {
    let detail = "There were too many tries from your network. Wait ten minutes. You do not need to sign in to answer a \
                  page: open its link.";
    problem_page(app, &Problem::new(Kind::TooManyTries, detail)).into_response()
}
