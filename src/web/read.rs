//! `GET /api/v1/incidents` and `GET /api/v1/incidents/{id}`: for operators who may read, and one incident also for people
//! who are signed in.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::IncidentId;
use crate::domain::permission::Permission;
use crate::engine::protocol::reader::Reader;
use crate::engine::protocol::refused::Refused;
use crate::store::query::Filter;
use crate::vault::opener::Opener;
use crate::web::answer::to_json;
use crate::web::app_state::{AppState, Shared};
use crate::web::ask::ask;
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::incident::{ProtectedWords, Summary, Whole};
use crate::web::query::{Query, ReadCursor, cursor_to_text};
use crate::web::session::signed_in::{self as session, MayShow, SignedIn, find};

/// The default page size.
const LIMIT_DEFAULT: usize = 50;

/// The maximum page size: about a megabyte.
pub(in crate::web) const LIMIT_MAX: usize = 500;

/// A part of the list, newest first.
pub(in crate::web) async fn list(
    State(app): Shared,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    caller.require(Permission::Read)?;
    let filter = filter(query.as_deref())?;
    if let Some(department) = filter.department.as_ref().filter(|one| !app.handle.plan().rosters.contains_key(one)) {
        let detail = format!("No roster for the department `{department}`. `wardbell oncall` lists all departments");
        return Err(Problem::new(Kind::UnknownDepartment, detail));
    }
    let listing = ask(&app.reader, move |reader| reader.list(&filter)).await?;
    Ok(json(&Listed {
        incidents: listing.incidents.iter().map(Summary::of).collect(),
        next_cursor: listing.next.map(cursor_to_text),
    }))
}

/// One incident, with its tracks, pages and timeline.
pub(in crate::web) async fn one(
    State(app): Shared,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let who = if headers.contains_key(AUTHORIZATION) { None } else { find(&app, &headers, session::Request::OfPage) };
    if who.is_none() {
        app.keyring.caller(&headers)?.require(Permission::Read)?;
    }
    let id = reference(path)?;
    let history = ask(&app.reader, move |reader| reader.history(id)).await?;
    let history = history.ok_or(Refused::UnknownIncident(id))?;
    let words = match who {
        Some(who) => words_for(&app, &who, &history.incident).await?,
        None => ProtectedWords::Shown,
    };
    let (vault, plan) = (app.handle.vault().cloned(), app.handle.plan());
    // Reading keys may wait for the disk.
    let read = move |reader: &dyn Reader| {
        let playbook = reader.playbook(&history.incident.playbook_hash)?;
        let keys = vault.as_deref().map(|vault| vault as &dyn Opener);
        Ok(Whole::of(&history, playbook.as_deref(), keys, &plan, words))
    };
    Ok(json(&ask(&app.reader, read).await?))
}

/// Whether somebody is shown what was posted; then that is recorded.
async fn words_for(app: &AppState, who: &SignedIn, incident: &Incident) -> Result<ProtectedWords, Problem> {
    who.require(Permission::See, incident)?;
    if !who.may(Permission::SeeProtected, incident) {
        return Ok(ProtectedWords::Withheld);
    }
    who.show(app, incident).await.map(|MayShow { .. }| ProtectedWords::Shown)
}

/// The incident in the path. A malformed reference is treated as unknown.
pub(in crate::web) fn reference(path: Result<Path<String>, PathRejection>) -> Result<IncidentId, Problem> {
    let id = path.ok().and_then(|Path(text)| text.parse().ok());
    id.ok_or_else(|| {
        Problem::new(Kind::UnknownIncident, "No incident with that reference. A reference has eight letters and digits")
    })
}

/// A response that is not cached.
pub(in crate::web) fn json<T: Serialize>(answer: &T) -> Response {
    let mut response = to_json(answer).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IncidentList")]
pub(in crate::web) struct Listed {
    incidents: Vec<Summary>,
    next_cursor: Option<String>,
}

fn filter(text: Option<&str>) -> Result<Filter, Problem> {
    let mut query = Query::read(text, &["status", "owing", "department", "limit", "cursor"]);
    let status = query.value::<String>("status", "");
    let status = status.and_then(|word| {
        let known = status_of(&word);
        if known.is_none() {
            query.error("status", "bad-value", "`status` must be `open`, `acknowledged`, or `resolved`".to_owned());
        }
        known
    });
    let limits = format!("a number from 1 to {LIMIT_MAX}");
    let limit = query.value("limit", &limits).unwrap_or(LIMIT_DEFAULT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        query.error("limit", "out-of-range", format!("`limit` must be {limits}"));
    }
    let department = query.value("department", "a department's name, such as `privacy`");
    let before = query.value("cursor", "the `next_cursor` of an answer").map(|ReadCursor(cursor)| cursor);
    let owing = query.value("owing", "`true` or `false`").unwrap_or_default();
    query.finish()?;
    Ok(Filter { status, owing, department, limit, before })
}

fn status_of(word: &str) -> Option<Status> {
    match word {
        "open" => Some(Status::Open),
        "acknowledged" => Some(Status::Acknowledged),
        "resolved" => Some(Status::Resolved),
        _ => None,
    }
}
