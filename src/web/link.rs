//! `/a/{token}`: the page behind a link. GET changes nothing; only pressing a button does.

use std::time::Duration;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use crate::domain::digest::Digest;
use crate::domain::escalation::input::{AnswerKind, Refusal};
use crate::domain::escalation::statements::input::PageAnswer;
use crate::domain::escalation::tasks::input::TaskChange;
use crate::domain::id::PageId;
use crate::domain::link::{hash_of, without_punctuation};
use crate::engine::protocol::link::{self, LISTED, LinkAnswer, LinkPress, LinkQuery, LinkView, Recorded};
use crate::engine::protocol::refused::Refused;
use crate::inbound::input_error::InputError;
use crate::web::app_state::{AppState, Shared};
use crate::web::approval_link;
use crate::web::error::{Kind, Problem, press_status};
use crate::web::form_text::form_text;
use crate::web::linked_policy::LinkedPolicy;
use crate::web::message::message_page;
use crate::web::neutral::NeutralPage;
use crate::web::notice::{Button, PressResult, Pressed};
use crate::web::owed_page::OwedPage;
use crate::web::page::{Card, Page, is_had_already};
use crate::web::session::client::Client;
use crate::web::session::from_link::see_posted;
use crate::web::style::html;
use crate::web::waiting::{self, Beside, ListPage};
use crate::web::{body, origin};

/// Link pages are served from memory; an engine that takes longer is not responding.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);

/// The way back to the buttons.
const BACK: Option<&str> = Some("Back to the page");

type Token = Result<Path<String>, PathRejection>;

/// What the page shows after a button press.
enum After {
    Nothing,
    /// A press for the page that is shown.
    Press(Pressed),
    /// The reader wants to see what was posted.
    SeePosted,
    /// A press for several pages of the list.
    List(Button, Vec<(PageId, Result<Recorded, Refusal>)>),
}

/// The page behind the link. Also answers HEAD.
pub(in crate::web) async fn show(State(app): Shared, token: Token, uri: Uri) -> Response {
    let result = match hash(token) {
        Ok(link) => look(&app, query(link, &uri)).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match result {
        Ok(view) => match value(&uri, "policy").and_then(|name| LinkedPolicy::new(&view, &name)) {
            Some(policy) => html(StatusCode::OK, render(&policy)),
            None => page_of(&app, &view, &uri, After::Nothing).await,
        },
        Err(problem) => message(&app, &problem),
    }
}

pub(in crate::web) async fn press(
    State(app): Shared,
    client: Client,
    token: Token,
    uri: Uri,
    request: Request,
) -> Response {
    match record(&app, token, &uri, request).await {
        Ok((view, After::SeePosted)) => see_posted(&app, &client, &view).await,
        Ok((view, after)) => page_of(&app, &view, &uri, after).await,
        Err(problem) => message(&app, &problem),
    }
}

/// The page of what the link asks for: an approval, or an answer.
async fn page_of(app: &AppState, view: &LinkView, uri: &Uri, after: After) -> Response {
    match after {
        After::Nothing | After::SeePosted if approval_link::is_shown(view) => {
            approval_link::page(app, view, None).await.unwrap_or_else(|problem| message(app, &problem))
        }
        After::Press(pressed) if approval_link::is_shown(view) => {
            approval_link::page(app, view, Some(pressed)).await.unwrap_or_else(|problem| message(app, &problem))
        }
        after => page(app, view, uri, after),
    }
}

/// What the URL asks for. Unknown parameters, such as those an email tracker adds, are ignored.
fn query(link: Digest, uri: &Uri) -> LinkQuery {
    let page = value(uri, "page").and_then(|page| page.parse().ok());
    let from = value(uri, "from").and_then(|from| from.parse().ok()).unwrap_or_default();
    LinkQuery { link, page, from }
}

fn value(uri: &Uri, key: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(uri.query()?).ok()?;
    pairs.into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

async fn record(app: &AppState, token: Token, uri: &Uri, request: Request) -> Result<(LinkView, After), Problem> {
    let query = query(hash(token)?, uri);
    let headers = request.headers();
    if !origin::is_own_page(headers) || origin::names_another_site(headers, &app.public_url) {
        return Err(Problem::new(Kind::Forbidden, "Use the buttons on the page"));
    }
    let Form { wanted, pages, note, to, task } = form(request).await?;
    let Wanted::Press(button) = wanted else { return Ok((look(app, query).await?, After::SeePosted)) };
    if !pages.is_empty() {
        if !note.is_empty() || !to.is_empty() {
            return Err(not_ours("note"));
        }
        return several(app, query, button, pages).await;
    }
    let kind = match button {
        Button::Acknowledge => AnswerKind::Acknowledge.into(),
        Button::Decline => AnswerKind::Decline.into(),
        Button::Note => AnswerKind::Note(note.clone()).into(),
        Button::HandOver => AnswerKind::HandOver(to).into(),
        Button::Approve => LinkAnswer::Approval(PageAnswer::Approve),
        Button::AskForChanges => LinkAnswer::Approval(PageAnswer::AskForChanges(note.clone())),
        Button::TaskDone => {
            let task = task.ok_or_else(|| not_ours("task"))?;
            LinkAnswer::Task(TaskChange::Done { task, note: Some(note.clone()) })
        }
    };
    let (mut view, mut pressed) = one_press(app, &query, button, kind, &note).await?;
    let recorded = matches!(pressed.result, PressResult::Recorded(_));
    let takes_note = matches!(button, Button::Acknowledge | Button::Decline);
    if recorded && takes_note && !note.trim().is_empty() {
        // The note is recorded separately: the answer counts even if the note is lost.
        match one_press(app, &query, Button::Note, AnswerKind::Note(note.clone()).into(), &note).await {
            Ok((after, noted)) => {
                view = after;
                if !matches!(noted.result, PressResult::Recorded(_)) {
                    pressed = noted;
                }
            }
            // The previous view shows the recorded answer and keeps the note in its field.
            Err(_) => pressed = Pressed { button: Button::Note, result: PressResult::Lost, note },
        }
    }
    Ok((view, After::Press(pressed)))
}

/// Answers exactly the pages that the form lists.
async fn several(
    app: &AppState,
    query: LinkQuery,
    button: Button,
    pages: Vec<PageId>,
) -> Result<(LinkView, After), Problem> {
    let answer = match button {
        Button::Acknowledge => AnswerKind::Acknowledge.into(),
        Button::Decline => AnswerKind::Decline.into(),
        Button::Note | Button::HandOver | Button::TaskDone | Button::Approve | Button::AskForChanges => {
            return Err(not_ours("action"));
        }
    };
    let pressed = app.handle.press(LinkPress { query, pages, answer }).await?;
    Ok((pressed.view, After::List(button, pressed.results)))
}

async fn one_press(
    app: &AppState,
    query: &LinkQuery,
    button: Button,
    kind: LinkAnswer,
    note: &str,
) -> Result<(LinkView, Pressed), Problem> {
    let pressed = |result| Pressed { button, result, note: note.to_owned() };
    if button == Button::Note && !app.session.may_write(&query.link.to_string()) {
        return Ok((look(app, query.clone()).await?, pressed(PressResult::TooMany)));
    }
    let press = LinkPress { query: query.clone(), pages: Vec::new(), answer: kind };
    let (result, kind) = match app.handle.press(press).await {
        Ok(link::Pressed { view, results }) => {
            let result = results.into_iter().next().map(|(_, result)| match result {
                Ok(recorded) => PressResult::Recorded(recorded),
                Err(refusal) => PressResult::Refused(refusal),
            });
            return Ok((view, pressed(result.unwrap_or(PressResult::Lost))));
        }
        Err(refused @ (Refused::UnknownLink | Refused::ExpiredLink)) => return Err(refused.into()),
        Err(Refused::NotKnownYet) => (PressResult::NotKnownYet, Kind::NotKnownYet),
        Err(_) => (PressResult::Lost, Kind::CannotRecord),
    };
    // The link's page is in memory, so the buttons can be shown again.
    match look(app, query.clone()).await {
        Ok(view) => Ok((view, pressed(result))),
        Err(_) => Err(Problem::new(kind, "Open the link again")),
    }
}

async fn look(app: &AppState, query: LinkQuery) -> Result<LinkView, Refused> {
    tokio::time::timeout(SHOWN_WITHIN, app.handle.view(query)).await.unwrap_or(Err(Refused::Unavailable))
}

/// The link's hash. A malformed token is treated like an unknown one.
fn hash(token: Token) -> Result<Digest, Problem> {
    match token {
        Ok(Path(token)) => Ok(hash_of(without_punctuation(&token))),
        Err(_) => Err(Refused::UnknownLink.into()),
    }
}

enum Wanted {
    Press(Button),
    SeePosted,
}

struct Form {
    wanted: Wanted,
    /// Which pages of the list it answers.
    pages: Vec<PageId>,
    note: String,
    to: String,
    task: Option<u32>,
}

/// The submitted form. A form without a button was not sent by a person.
async fn form(request: Request) -> Result<Form, Problem> {
    if !body::is_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(Problem::new(Kind::WrongType, "Use the buttons on the page"));
    }
    let bytes = body::read(request.into_body(), body::FORM_MAX, body::ONE_WITHIN).await?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(|_| not_ours("action"))?;
    let (mut action, mut note, mut to, mut task, mut pages) = (None, None, None, None, Vec::new());
    for (key, value) in pairs {
        let place = match key.as_str() {
            "page" => {
                pages.push(value.parse().map_err(|_| not_ours("page"))?);
                continue;
            }
            "action" => &mut action,
            "note" => &mut note,
            "to" => &mut to,
            "task" => &mut task,
            _ => return Err(not_ours("")),
        };
        if place.replace(value).is_some() {
            return Err(not_ours("action"));
        }
    }
    if pages.len() > LISTED {
        return Err(not_ours("page"));
    }
    let wanted = match action.as_deref() {
        Some("acknowledge") => Wanted::Press(Button::Acknowledge),
        Some("decline") => Wanted::Press(Button::Decline),
        Some("note") => Wanted::Press(Button::Note),
        Some("hand-over") => Wanted::Press(Button::HandOver),
        Some("approve") => Wanted::Press(Button::Approve),
        Some("ask-for-changes") => Wanted::Press(Button::AskForChanges),
        Some("task-done") => Wanted::Press(Button::TaskDone),
        Some("see-posted") => Wanted::SeePosted,
        _ => return Err(not_ours("action")),
    };
    let task = task.map(|task| task.parse().map_err(|_| not_ours("task"))).transpose()?;
    Ok(Form { wanted, pages, note: form_text(&note.unwrap_or_default()), to: to.unwrap_or_default(), task })
}

/// A form that did not come from one of our pages.
fn not_ours(field: &'static str) -> Problem {
    Problem::input_error(InputError::new(field, "bad-value", "Use the buttons on the page"))
}

/// The list if the link's own page and others are waiting; otherwise the link's own page with the others beside it, or
/// the page that was asked for.
fn page(app: &AppState, view: &LinkView, uri: &Uri, after: After) -> Response {
    let (notice, pressed, status) = match after {
        After::Nothing | After::SeePosted => (None, None, StatusCode::OK),
        After::List(button, results) => {
            let notice = waiting::notice(view, button, &results);
            let status = if notice.failed { StatusCode::CONFLICT } else { StatusCode::OK };
            (Some(notice), None, status)
        }
        After::Press(pressed) => (None, Some(pressed), StatusCode::OK),
    };
    let is_one_of_several = query(Digest::ZERO, uri).page.is_some();
    if pressed.is_none() && !is_one_of_several && view.waiting.has_own && view.waiting.total > 1 {
        return html(status, render(&ListPage::new(view, notice)));
    }
    let beside = Beside::of(view, is_one_of_several);
    if let Some(neutral) = NeutralPage::new(view, pressed.as_ref(), beside.clone()) {
        let status = pressed.map_or(status, |pressed| press_status(pressed.result, |_| false));
        return html(status, render(&neutral.with_notice(notice)));
    }
    if let Some(owed) = OwedPage::new(view, pressed.as_ref(), beside.clone()) {
        let status = pressed.map_or(status, |pressed| press_status(pressed.result, |_| false));
        return html(status, render(&owed.with_notice(notice)));
    }
    let card = if app.senders.is_empty() { Card::Missing } else { Card::There };
    let Some(page) = Page::new(view, pressed.as_ref(), card, beside) else {
        return message(app, &Refused::UnknownLink.into());
    };
    let had = |refusal: &Refusal| is_had_already(&view.target, refusal);
    let status = pressed.map_or(status, |pressed| press_status(pressed.result, had));
    html(status, render(&page.with_notice(notice)))
}

fn message(app: &AppState, problem: &Problem) -> Response {
    if problem.kind == Kind::UnknownLink {
        app.unknown_link.warn();
    }
    let (headline, lead, again): (_, &[&str], _) = match problem.kind {
        Kind::UnknownLink => ("This link is not valid", &["Open the complete link from the message.", UNREACHED], None),
        Kind::ExpiredLink => (
            "This link has expired",
            &["This was resolved more than seven days ago. You do not need to do anything."],
            None,
        ),
        Kind::Unavailable => (
            "We cannot show this page right now",
            &["Open the link again in a few seconds. We keep paging until someone answers.", UNREACHED],
            Some("Try again"),
        ),
        Kind::CannotRecord => (
            "We could not record this",
            &["Your answer was not saved. Press again. We keep paging the next person.", UNREACHED],
            BACK,
        ),
        Kind::NotKnownYet => (
            "We do not know yet whether this was recorded",
            &["Until it is, we keep paging the next person.", UNREACHED],
            Some("Refresh"),
        ),
        Kind::TooSlow => (
            "Nothing was recorded",
            &["Your answer did not reach us completely. Go back to the page and press the button again."],
            BACK,
        ),
        Kind::TooLarge => (
            "Nothing was recorded",
            &["The note is too long. Go back to the page, shorten the note, and press the button again."],
            BACK,
        ),
        _ => (
            "Nothing was recorded",
            &["This did not come from a button on the page. Go back to the page and press one of its buttons."],
            BACK,
        ),
    };
    message_page(app, problem.status(), headline, lead, again)
}

const UNREACHED: &str = "If it still does not open and you were paged, call the hospital’s operator.";

/// Writing to memory does not fail, and the templates are checked when they are compiled.
fn render(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
