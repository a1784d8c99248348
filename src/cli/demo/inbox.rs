//! The inbox as a web page: what liaisons would see on their phones.

use std::sync::Arc;

use anyhow::{Context, Result};
use askama::Template;
use axum::Router;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use chrono::{DateTime, Local};
use serde::Deserialize;
use tokio::net::TcpListener;

use crate::catcher::{Content, Inbox, Message};
use crate::cli::daemon::Daemon;
use crate::domain::id::ClassName;
use crate::domain::plan::Plan;
use crate::engine::handle::Handle;
use crate::web::style;

/// The page shows this many messages, the newest first.
const SHOWN: usize = 60;

/// What the inbox's page needs.
pub struct InboxPage {
    inbox: Inbox,
    handle: Handle,
    daemon: String,
    source_token: String,
}

impl InboxPage {
    /// A page on an inbox, with a form that hands in incidents.
    pub fn new(inbox: Inbox, daemon: &Daemon, source_token: String) -> Self {
        Self { inbox, handle: daemon.handle.clone(), daemon: format!("http://{}", daemon.address), source_token }
    }
}

/// Serves the inbox until the listener is dropped.
///
/// # Errors
///
/// The listener broke.
pub async fn serve(listener: TcpListener, page: InboxPage) -> std::io::Result<()> {
    let router = Router::new().route("/", get(show)).route("/incidents", post(send)).with_state(Arc::new(page));
    axum::serve(listener, router).await
}

/// Hands in a sample incident over HTTP, as a listening tool would.
///
/// # Errors
///
/// The daemon refused it.
pub async fn open_sample(daemon: &Daemon, token: &str, class: &str) -> Result<()> {
    hand_in(&format!("http://{}", daemon.address), token, class).await
}

async fn hand_in(daemon: &str, token: &str, class: &str) -> Result<()> {
    let incident = serde_json::json!({
        "class": class,
        "summary": "A made-up post about a made-up patient, for the demo",
        "network": "example",
        "labels": { "demo": "yes" },
    });
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = client.post(format!("{daemon}/api/v1/incidents")).bearer_auth(token).json(&incident);
    request.send().await.and_then(reqwest::Response::error_for_status).context("the sample incident was refused")?;
    Ok(())
}

#[derive(Deserialize)]
struct Wanted {
    class: ClassName,
}

async fn send(State(page): State<Arc<InboxPage>>, Form(wanted): Form<Wanted>) -> Response {
    match hand_in(&page.daemon, &page.source_token, wanted.class.as_str()).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

async fn show(State(page): State<Arc<InboxPage>>) -> Response {
    let plan = page.handle.plan();
    let messages = page.inbox.messages();
    let cards = messages.iter().rev().take(SHOWN).map(|message| Card::of(message, &plan)).collect();
    let mut classes: Vec<String> = plan.playbooks.iter().map(|playbook| playbook.class.to_string()).collect();
    classes.dedup();
    let view = View { css: style::CSS, cards, count: messages.len(), classes };
    match view.render() {
        Ok(html) => {
            let mut response = style::html(StatusCode::OK, html);
            let again = axum::http::HeaderValue::from_static("3");
            response.headers_mut().insert("refresh", again);
            response
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct View {
    css: &'static str,
    cards: Vec<Card>,
    count: usize,
    classes: Vec<String>,
}

/// One message.
struct Card {
    at: String,
    channel: &'static str,
    to: String,
    who: String,
    subject: Option<String>,
    text: String,
    link: Option<String>,
}

impl Card {
    fn of(message: &Message, plan: &Plan) -> Self {
        let at = DateTime::<Local>::from(message.received_at).format("%H:%M:%S").to_string();
        let to = message.recipients().join(", ");
        let link = message.links().into_iter().next();
        let who = who(plan, &to);
        match &message.content {
            Content::Mail(mail) => {
                let text = mail.text.clone().unwrap_or_default();
                Self { at, channel: "mail", to, who, subject: Some(mail.subject.clone()), text, link }
            }
            Content::Sms(sms) => {
                Self { at, channel: "text message", to, who, subject: None, text: sms.body.clone(), link }
            }
        }
    }
}

/// Whose address or number it is.
fn who(plan: &Plan, to: &str) -> String {
    let liaisons = plan.rosters.values().flat_map(|roster| roster.liaisons.iter().map(move |one| (roster, one)));
    let found =
        liaisons.into_iter().find(|(_, one)| one.email.as_deref() == Some(to) || one.sms.as_deref() == Some(to));
    found.map_or_else(String::new, |(roster, liaison)| format!("{}, {}", liaison.name, roster.name))
}
