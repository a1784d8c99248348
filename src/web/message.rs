//! A page with nothing but a message.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::web::app_state::AppState;
use crate::web::style::{CSS, html};

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    css: &'static str,
    hospital: &'a str,
    headline: &'a str,
    lead: &'a [&'a str],
    again: Option<&'a str>,
}

/// A message under a headline; `again` is the text of the link that reloads the page.
pub(in crate::web) fn message_page(
    app: &AppState,
    status: StatusCode,
    headline: &str,
    lead: &[&str],
    again: Option<&str>,
) -> Response {
    let hospital = app.handle.plan().hospital.to_string();
    let message = Message { css: CSS, hospital: &hospital, headline, lead, again };
    // Writing to memory does not fail, and the template is checked when it is compiled.
    html(status, message.render().unwrap_or_default())
}
