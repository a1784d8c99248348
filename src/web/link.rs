//! `/a/{token}`: the page behind a link. Looking changes nothing; only a person's press of a button does.

use std::time::Duration;

use askama::Template;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use crate::domain::digest::Digest;
use crate::domain::escalation::input::{AnswerKind, Refusal};
use crate::domain::id::PageId;
use crate::domain::link::{hash_of, without_punctuation};
use crate::engine::protocol::link::{self, LISTED, LinkPress, LinkQuery, LinkView, Recorded};
use crate::engine::protocol::refused::Refused;
use crate::inbound::input_error::InputError;
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{Kind, Problem, press_status};
use crate::web::neutral::NeutralPage;
use crate::web::notice::{Button, PressResult, Pressed};
use crate::web::page::{Card, Page, is_had_already};
use crate::web::style::{CSS, html};
use crate::web::waiting::{self, Beside, ListPage};
use crate::web::{body, origin};

/// What a link shows is in memory: a loop that takes longer does not answer.
const SHOWN_WITHIN: Duration = Duration::from_secs(10);

/// The way back to the buttons.
const BACK: Option<&str> = Some("Back to the page");

type Token = Result<Path<String>, PathRejection>;

/// What a press leads to on the page that follows it.
enum After {
    /// Somebody only looks.
    Nothing,
    /// A press for the page that is shown.
    Press(Pressed),
    /// A press for several pages of the list.
    List(Button, Vec<(PageId, Result<Recorded, Refusal>)>),
}

/// What the link shows. HEAD is answered by the same, without the body.
pub(in crate::web) async fn show(State(app): Shared, token: Token, uri: Uri) -> Response {
    let result = match hash(token) {
        Ok(link) => look(&app, query(link, &uri)).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match result {
        Ok(view) => page(&app, &view, &uri, After::Nothing),
        Err(problem) => message(&app, &problem),
    }
}

/// A press of a button.
pub(in crate::web) async fn press(State(app): Shared, token: Token, uri: Uri, request: Request) -> Response {
    match record(&app, token, &uri, request).await {
        Ok((view, after)) => page(&app, &view, &uri, after),
        Err(problem) => message(&app, &problem),
    }
}

/// What of the link is asked for. What else stands there, such as what a mail program's tracker adds, asks for nothing.
fn query(link: Digest, uri: &Uri) -> LinkQuery {
    let pairs: Vec<(String, String)> =
        uri.query().and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default();
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let page = value("page").and_then(|page| page.parse().ok());
    let from = value("from").and_then(|from| from.parse().ok()).unwrap_or_default();
    LinkQuery { link, page, from }
}

async fn record(app: &AppState, token: Token, uri: &Uri, request: Request) -> Result<(LinkView, After), Problem> {
    let query = query(hash(token)?, uri);
    if !origin::is_own_page(request.headers()) {
        return Err(Problem::new(Kind::Forbidden, "use the page's own buttons"));
    }
    let Form { button, pages, note, to } = form(request).await?;
    if !pages.is_empty() {
        if !note.is_empty() || !to.is_empty() {
            return Err(not_ours("note"));
        }
        return several(app, query, button, pages).await;
    }
    let kind = match button {
        Button::Acknowledge => AnswerKind::Acknowledge,
        Button::Decline => AnswerKind::Decline,
        Button::Note => AnswerKind::Note(note.clone()),
        Button::HandOver => AnswerKind::HandOver(to),
    };
    let (mut view, mut pressed) = one_press(app, &query, button, kind, &note).await?;
    let recorded = matches!(pressed.result, PressResult::Recorded(_));
    let takes_note = matches!(button, Button::Acknowledge | Button::Decline);
    if recorded && takes_note && !note.trim().is_empty() {
        // The note that came with the answer is a press of its own: the answer counts even if this one is lost.
        match one_press(app, &query, Button::Note, AnswerKind::Note(note.clone()), &note).await {
            Ok((after, noted)) => {
                view = after;
                if !matches!(noted.result, PressResult::Recorded(_)) {
                    pressed = noted;
                }
            }
            // The page of before shows that the answer counts, and has the note in its field.
            Err(_) => pressed = Pressed { button: Button::Note, result: PressResult::Lost, note },
        }
    }
    Ok((view, After::Press(pressed)))
}

/// A press for several pages: exactly those that its form named.
async fn several(
    app: &AppState,
    query: LinkQuery,
    button: Button,
    pages: Vec<PageId>,
) -> Result<(LinkView, After), Problem> {
    let answer = match button {
        Button::Acknowledge => AnswerKind::Acknowledge,
        Button::Decline => AnswerKind::Decline,
        Button::Note | Button::HandOver => return Err(not_ours("action")),
    };
    let pressed = app.handle.press(LinkPress { query, pages, answer }).await?;
    Ok((pressed.view, After::List(button, pressed.results)))
}

async fn one_press(
    app: &AppState,
    query: &LinkQuery,
    button: Button,
    kind: AnswerKind,
    note: &str,
) -> Result<(LinkView, Pressed), Problem> {
    let pressed = |result| Pressed { button, result, note: note.to_owned() };
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
    // What the link shows is known without the disk, so the buttons can be offered again.
    match look(app, query.clone()).await {
        Ok(view) => Ok((view, pressed(result))),
        Err(_) => Err(Problem::new(kind, "open the link again")),
    }
}

async fn look(app: &AppState, query: LinkQuery) -> Result<LinkView, Refused> {
    tokio::time::timeout(SHOWN_WITHIN, app.handle.view(query)).await.unwrap_or(Err(Refused::Unavailable))
}

/// The link's hash; what cannot be a token leads nowhere, like any token that nobody was given.
fn hash(token: Token) -> Result<Digest, Problem> {
    match token {
        Ok(Path(token)) => Ok(hash_of(without_punctuation(&token))),
        Err(_) => Err(Refused::UnknownLink.into()),
    }
}

/// What the page's form sends.
struct Form {
    button: Button,
    /// Which pages of the list it answers.
    pages: Vec<PageId>,
    note: String,
    /// Whom it is handed to.
    to: String,
}

/// What was pressed and written. A form without a button was not sent by a person's press.
async fn form(request: Request) -> Result<Form, Problem> {
    if !body::is_type(request.headers(), "application/x-www-form-urlencoded") {
        return Err(Problem::new(Kind::WrongType, "use the page's own buttons"));
    }
    let bytes = body::read(request.into_body(), body::FORM_MAX, body::ONE_WITHIN).await?;
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(|_| not_ours("action"))?;
    let (mut action, mut note, mut to, mut pages) = (None, None, None, Vec::new());
    for (key, value) in pairs {
        let place = match key.as_str() {
            "page" => {
                pages.push(value.parse().map_err(|_| not_ours("page"))?);
                continue;
            }
            "action" => &mut action,
            "note" => &mut note,
            "to" => &mut to,
            _ => return Err(not_ours("")),
        };
        if place.replace(value).is_some() {
            return Err(not_ours("action"));
        }
    }
    if pages.len() > LISTED {
        return Err(not_ours("page"));
    }
    let button = match action.as_deref() {
        Some("acknowledge") => Button::Acknowledge,
        Some("decline") => Button::Decline,
        Some("note") => Button::Note,
        Some("hand-over") => Button::HandOver,
        _ => return Err(not_ours("action")),
    };
    // Browsers send the end of a line as two characters.
    let note = note.unwrap_or_default().replace("\r\n", "\n");
    let unprintable = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    Ok(Form { button, pages, note: note.replace(unprintable, " "), to: to.unwrap_or_default() })
}

/// A form that no page of ours has.
fn not_ours(field: &'static str) -> Problem {
    Problem::input_error(InputError::new(field, "bad-value", "use the page's own buttons"))
}

/// The list where the link's own page and others wait; else the link's own page, with what waits beside it; or one page
/// of the list that somebody wants to see.
fn page(app: &AppState, view: &LinkView, uri: &Uri, after: After) -> Response {
    let (notice, pressed, status) = match after {
        After::Nothing => (None, None, StatusCode::OK),
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
    let card = if app.senders.is_empty() { Card::Missing } else { Card::There };
    let Some(page) = Page::new(view, pressed.as_ref(), card, beside) else {
        return message(app, &Refused::UnknownLink.into());
    };
    let had = |refusal: &Refusal| is_had_already(&view.target, refusal);
    let status = pressed.map_or(status, |pressed| press_status(pressed.result, had));
    html(status, render(&page.with_notice(notice)))
}

/// A page that has nothing to show but what to do now.
#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    css: &'static str,
    hospital: &'a str,
    headline: &'a str,
    lead: &'a [&'a str],
    /// The words of a link to the page as it is now.
    again: Option<&'a str>,
}

fn message(app: &AppState, problem: &Problem) -> Response {
    if problem.kind == Kind::UnknownLink {
        app.unknown_link.warn();
    }
    let (headline, lead, again): (_, &[&str], _) = match problem.kind {
        Kind::UnknownLink => (
            "This link is not valid",
            &["Open the link again, the whole of it, as it came in the message.", UNREACHED],
            None,
        ),
        Kind::ExpiredLink => (
            "This link has expired",
            &["This was resolved more than seven days ago. You do not need to do anything."],
            None,
        ),
        Kind::Unavailable => (
            "We cannot show this page right now",
            &["Open the link again in a few seconds. Until somebody answers, we keep paging.", UNREACHED],
            Some("Try again"),
        ),
        Kind::CannotRecord => (
            "We could not record this",
            &["It does not count. Press again. We keep paging the next person.", UNREACHED],
            BACK,
        ),
        Kind::NotKnownYet => (
            "We do not know yet whether this was recorded",
            &["Until it is, we keep paging the next person.", UNREACHED],
            Some("Look again"),
        ),
        Kind::TooSlow => (
            "Nothing was recorded",
            &["Your press did not reach us completely. Go back to the page and press the button again."],
            BACK,
        ),
        Kind::TooLarge => (
            "Nothing was recorded",
            &["The note is too long. Go back to the page, shorten the note, and press the button again."],
            BACK,
        ),
        _ => (
            "Nothing was recorded",
            &["That did not come from the page’s own buttons. Go back to the page and press one of them."],
            BACK,
        ),
    };
    let hospital = app.handle.plan().hospital.to_string();
    html(problem.status(), render(&Message { css: CSS, hospital: &hospital, headline, lead, again }))
}

const UNREACHED: &str = "If it still does not open and you were paged, call the hospital’s operator.";

/// Writing to memory does not fail, and the templates are checked when they are compiled.
fn render(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}
