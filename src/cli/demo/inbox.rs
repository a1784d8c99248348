//! The demo's inbox: a web page of all captured messages, with each page's link as a button.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, REFRESH};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, serve as serve_routes};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::cli::client::Client;
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
struct Desk {
    window: Window,
    client: Arc<Client>,
}

/// Serves until it is aborted.
pub async fn serve(listener: TcpListener, window: Window, client: Arc<Client>) -> std::io::Result<()> {
    let routes = Router::new()
        .route("/", get(list))
        .route("/message/{number}", get(message))
        .route("/send", get(choose).post(send))
        .with_state(Desk { window, client });
    serve_routes(listener, routes).await
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    css: &'static str,
    count: usize,
    cards: Vec<Card>,
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

/// A page: its text message and its email together.
struct Card {
    link: String,
    guest: Guest,
    letters: Vec<Letter>,
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

async fn list(State(desk): State<Desk>) -> Response {
    let Ok(scene) = desk.window.look().await else { return unavailable() };
    let page = InboxPage { css: &STYLE, count: scene.messages.len(), cards: cards(&scene) };
    let mut response = html(StatusCode::OK, &page);
    response.headers_mut().insert(REFRESH, HeaderValue::from_static("2"));
    response
}

async fn message(State(desk): State<Desk>, Path(number): Path<u64>) -> Response {
    let Ok(scene) = desk.window.look().await else { return unavailable() };
    let found = scene.messages.iter().find(|message| message.number == number);
    let card = found.and_then(|message| {
        let (link, digest) = page_of(message)?;
        Some(Card { link, guest: scene.guests().remove(&digest)?, letters: vec![letter(&scene, message)] })
    });
    match (found, card) {
        (Some(message), Some(card)) => {
            html(StatusCode::OK, &MessagePage { css: &STYLE, card, letter: letter(&scene, message) })
        }
        _ => (StatusCode::NOT_FOUND, "message not found").into_response(),
    }
}

async fn choose(State(desk): State<Desk>) -> Response {
    html(StatusCode::OK, &SendPage { css: &STYLE, choices: choices(&desk), failed: None })
}

async fn send(State(desk): State<Desk>, Form(sent): Form<Sent>) -> Response {
    let Some(sample) = Sample::of(&sent.class) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, "sample not found").into_response();
    };
    match crate::cli::demo::sample::send(&desk.client, sample).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => {
            let page = SendPage { css: &STYLE, choices: choices(&desk), failed: Some(error.to_string()) };
            html(StatusCode::SERVICE_UNAVAILABLE, &page)
        }
    }
}

/// Newest page first, with the messages of a page together.
fn cards(scene: &Scene) -> Vec<Card> {
    let mut guests = scene.guests();
    let mut cards: Vec<Card> = Vec::new();
    let mut places: HashMap<Digest, usize> = HashMap::new();
    for message in scene.messages.iter().rev() {
        let Some((link, digest)) = page_of(message) else { continue };
        let letter = letter(scene, message);
        if let Some(place) = places.get(&digest) {
            cards[*place].letters.push(letter);
        } else if let Some(guest) = guests.remove(&digest).filter(|_| cards.len() < CARDS_MAX) {
            places.insert(digest, cards.len());
            cards.push(Card { link, guest, letters: vec![letter] });
        }
    }
    cards
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

fn choices(desk: &Desk) -> Vec<Choice> {
    let plan = desk.window.handle.plan();
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
