//! `GET /`: what this is, whether it is ready, and where people go. It is public, so it shows no file, person, or
//! incident.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, VARY};
use axum::response::Response;
use serde::Serialize;

use crate::engine::protocol::readiness::{Part, Readiness};
use crate::web::app_state::{AppState, Shared};
use crate::web::error::FINE;
use crate::web::read::json;
use crate::web::session::pages::redirect;
use crate::web::session::signed_in::{Request, find};
use crate::web::style::{CSS, html};

/// The page, or the same as JSON on request. Also answers HEAD.
pub(in crate::web) async fn home(State(app): Shared, headers: HeaderMap) -> Response {
    if !wants_json(&headers) && find(&app, &headers, Request::OfPage).is_some() {
        return redirect(&app, "/board");
    }
    let readiness = app.handle.readiness().await;
    let hospital = app.handle.plan().hospital.to_string();
    let mut reasons: Vec<&'static str> = Vec::new();
    for reason in readiness.hindering_parts().map(in_public) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let mut response = if wants_json(&headers) {
        json(&Home { hospital, ready: readiness.is_ready(), reasons })
    } else {
        page(&app, &hospital, &readiness, &reasons)
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

fn page(app: &AppState, hospital: &str, readiness: &Readiness, reasons: &[&'static str]) -> Response {
    let page = Page {
        css: CSS,
        hospital,
        path: &app.path,
        reasons,
        warnings: readiness.warnings().count(),
        has_feeds: app.feeds.is_some(),
        has_card: !app.senders.is_empty(),
    };
    // Writing to memory does not fail, and the template is checked when it is compiled.
    html(FINE, page.render().unwrap_or_default())
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page<'a> {
    css: &'static str,
    hospital: &'a str,
    /// The path prefix of every link on the page.
    path: &'a str,
    reasons: &'a [&'static str],
    warnings: usize,
    has_feeds: bool,
    has_card: bool,
}

#[derive(Serialize)]
struct Home {
    hospital: String,
    ready: bool,
    reasons: Vec<&'static str>,
}

/// Browsers ask for HTML and take anything.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let accepted: Vec<&str> = accepted.flat_map(|value| value.split([',', ';'])).map(str::trim).collect();
    let names = |kind: &str| accepted.iter().any(|one| one.eq_ignore_ascii_case(kind));
    names("application/json") && !names("text/html")
}

/// A public description of why a part is not ready.
fn in_public(part: Part) -> &'static str {
    match part {
        Part::Start => "Wardbell is starting.",
        Part::Journal | Part::Disk => {
            "Wardbell cannot record anything, so it refuses new incidents. It still pages people about open incidents."
        }
        Part::Engine => "The paging engine is not responding.",
        Part::LastResort => "An incident has no one left to page. An administrator must find someone.",
        Part::Channels | Part::People => "No page can be sent.",
        Part::Plan => {
            "The rosters, playbooks, or settings have errors. Wardbell is using the previous version and still pages \
             people."
        }
        Part::Reading => {
            "The configuration files cannot be read. Wardbell is using the version already loaded and still pages \
             people."
        }
        Part::SettingsCopies => "The backup copy of the settings is out of date. Wardbell still pages people.",
        Part::Secrets => "A secret is missing, so part of Wardbell is off.",
        Part::NewRecord => "Wardbell started a new record. No one is paged about incidents in the previous one.",
        Part::Record => "The journal is damaged.",
        Part::DataKeys => "Some protected details cannot be read. Wardbell still pages people.",
        Part::Log => "The log cannot be written.",
    }
}
