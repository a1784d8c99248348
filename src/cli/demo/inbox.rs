//! The demo's inbox: a web page of all captured messages, with each page's link as a button, and codes for signing in.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, REFRESH, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, serve as serve_routes};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::cli::client::Client;
use crate::cli::demo::desk_link::{DeskLink, Visit};
use crate::cli::demo::folder::DESK;
use crate::cli::demo::sample::{SAMPLES, Sample};
use crate::cli::demo::scene::{Guest, Scene, Window, page_of};
use crate::domain::digest::Digest;
use crate::domain::severity::Severity;
use crate::mock::Message;
use crate::web::style::CSS;

/// Older messages are not shown.
const CARDS_MAX: usize = 60;

/// The shared style sheet, and the inbox's additions.
static STYLE: LazyLock<String> = LazyLock::new(|| format!("{CSS}{}", include_str!("templates/inbox.css")));

/// Emails bring their own styles; nothing else is loaded, and no script runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

#[derive(Clone)]
struct Served {
    window: Window,
    source: Arc<Client>,
    desk_link: Arc<DeskLink>,
}

/// Serves until it is aborted.
pub async fn serve(
    listener: TcpListener,
    window: Window,
    source: Arc<Client>,
    desk_link: Arc<DeskLink>,
) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/", get(list))
        .route("/message/{number}", get(message))
        .route("/send", get(choose).post(send))
        .route("/desk/{secret}", get(sign_in))
        .with_state(Served { window, source, desk_link });
    serve_routes(listener, routes).await
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    css: &'static str,
    count: usize,
    cards: Vec<Card>,
    /// Where the desk's board is; signs in unless somebody has.
    board: String,
}

#[derive(Template)]
#[template(path = "inbox-notice.html")]
struct NoticePage {
    css: &'static str,
    headline: &'static str,
    text: String,
    board: String,
}

#[derive(Template)]
#[template(path = "inbox-message.html")]
struct MessagePage {
    css: &'static str,
    card: Card,
    letter: Letter,
}

#[derive(Template)]
#[template(path = "inbox-send.html")]
struct SendPage {
    css: &'static str,
    choices: Vec<Choice>,
    failed: Option<String>,
}

/// A page, its text message and its email together; or a message that is no page, such as a code for signing in.
struct Card {
    name: String,
    page: Option<Page>,
    letters: Vec<Letter>,
}

struct Page {
    link: String,
    guest: Guest,
}

struct Letter {
    number: u64,
    channel: &'static str,
    to: String,
    at: String,
    subject: Option<String>,
    text: String,
    html: Option<String>,
}

impl Letter {
    fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// A sample incident that can be sent.
struct Choice {
    class: &'static str,
    title: String,
    severity: Severity,
    asks: usize,
}

#[derive(Deserialize)]
struct Sent {
    class: String,
}

async fn list(State(served): State<Served>) -> Response {
    let Ok(scene) = served.window.look().await else { return unavailable() };
    let link = &served.desk_link;
    let board = if link.is_used().await { link.board() } else { link.path() };
    let page = InboxPage { css: &STYLE, count: scene.messages.len(), cards: cards(&scene), board };
    let mut response = html(StatusCode::OK, &page);
    response.headers_mut().insert(REFRESH, HeaderValue::from_static("2"));
    response
}

async fn message(State(served): State<Served>, Path(number): Path<u64>) -> Response {
    let Ok(scene) = served.window.look().await else { return unavailable() };
    let Some(message) = scene.messages.iter().find(|message| message.number == number) else {
        return (StatusCode::NOT_FOUND, "message not found").into_response();
    };
    let page = page_of(message).and_then(|(link, digest)| Some(Page { link, guest: scene.guests().remove(&digest)? }));
    let card = card(&scene, message, page);
    html(StatusCode::OK, &MessagePage { css: &STYLE, card, letter: letter(&scene, message) })
}

/// Signs the visitor in as the desk, and leads to the board.
async fn sign_in(State(served): State<Served>, Path(secret): Path<String>, method: Method) -> Response {
    let board = served.desk_link.board();
    // Programs that look before a person does use HEAD.
    if method != Method::GET {
        return StatusCode::NO_CONTENT.into_response();
    }
    let notice =
        |status, headline, text| html(status, &NoticePage { css: &STYLE, headline, text, board: board.clone() });
    match served.desk_link.visit(&secret).await {
        Ok(Visit::SignedIn(cookies)) => {
            let mut response = Redirect::to(&board).into_response();
            for cookie in cookies {
                response.headers_mut().append(SET_COOKIE, cookie);
            }
            response
        }
        Ok(Visit::Used) => {
            let text = format!("If you are not signed in, sign in as {DESK}. The code comes to the inbox.");
            notice(StatusCode::GONE, "This link has been used", text)
        }
        Ok(Visit::Unknown) => {
            let text = "Use the link that the demo printed last.".to_owned();
            notice(StatusCode::NOT_FOUND, "This link is not of this demo", text)
        }
        Err(error) => {
            let text = format!("Try again in a few seconds ({error}).");
            notice(StatusCode::SERVICE_UNAVAILABLE, "We cannot sign you in right now", text)
        }
    }
}

async fn choose(State(served): State<Served>) -> Response {
    html(StatusCode::OK, &SendPage { css: &STYLE, choices: choices(&served), failed: None })
}

async fn send(State(served): State<Served>, Form(sent): Form<Sent>) -> Response {
    let Some(sample) = Sample::of(&sent.class) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "sample not found").into_response();
    };
    match crate::cli::demo::sample::send(&served.source, sample).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => {
            let page = SendPage { css: &STYLE, choices: choices(&served), failed: Some(error.to_string()) };
            html(StatusCode::SERVICE_UNAVAILABLE, &page)
        }
    }
}

/// Newest first, with the messages of a page together.
fn cards(scene: &Scene) -> Vec<Card> {
    let mut guests = scene.guests();
    let mut cards: Vec<Card> = Vec::new();
    let mut places: HashMap<Digest, usize> = HashMap::new();
    for message in scene.messages.iter().rev() {
        let found = page_of(message);
        if let Some(place) = found.as_ref().and_then(|(_, digest)| places.get(digest)) {
            cards[*place].letters.push(letter(scene, message));
            continue;
        }
        if cards.len() == CARDS_MAX {
            continue;
        }
        let page = found.and_then(|(link, digest)| {
            let guest = guests.remove(&digest)?;
            places.insert(digest, cards.len());
            Some(Page { link, guest })
        });
        cards.push(card(scene, message, page));
    }
    cards
}

fn card(scene: &Scene, message: &Message, page: Option<Page>) -> Card {
    let known = || message.recipients().into_iter().find_map(|to| scene.plan.people().at_address(to));
    let name = match &page {
        Some(page) => page.guest.name.clone(),
        None => known().map_or_else(|| message.recipients().join(", "), |(person, _)| person.name.clone()),
    };
    Card { name, page, letters: vec![letter(scene, message)] }
}

fn letter(scene: &Scene, message: &Message) -> Letter {
    let mail = message.mail();
    Letter {
        number: message.number,
        channel: if mail.is_some() { "Email" } else { "SMS" },
        to: message.recipients().join(", "),
        at: scene.clock(message.received_at.into()),
        subject: mail.map(|mail| mail.subject.clone()),
        text: message.text().to_owned(),
        // Links open in a new tab, because frames may not show other sites.
        html: mail.and_then(|mail| mail.html.as_ref()).map(|html| format!("<base target=\"_blank\">{html}")),
    }
}

fn choices(served: &Served) -> Vec<Choice> {
    let plan = served.window.handle.plan();
    let choice = |sample: &Sample| {
        let playbook = plan.playbooks.iter().find(|playbook| playbook.name() == sample.class)?;
        let (title, asks) = (playbook.title.clone(), playbook.departments.len());
        Some(Choice { class: sample.class, title, severity: playbook.severity, asks })
    };
    SAMPLES.iter().filter_map(choice).collect()
}

fn html(status: StatusCode, page: &impl Template) -> Response {
    let Ok(text) = page.render() else { return unavailable() };
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "the demo is ending").into_response()
}
