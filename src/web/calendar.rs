//! `GET /calendar/{token}.ics`: the shifts of one liaison or of one department, for calendar apps.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::calendar::clock::day_start;
use crate::domain::calendar::feed::{Feed, Which};
use crate::domain::digest::Digest;
use crate::domain::link::{hash_of, without_punctuation};
use crate::domain::local_time;
use crate::domain::roster::Roster;
use crate::web::app_state::{AppState, Shared};
use crate::web::error::{Kind, Problem, freshness};

/// Who asks "was that my night?" asks within the month, and payroll closes once a month.
const DAYS_BACK: TimeDelta = TimeDelta::days(30);

/// Half a year is what people plan leave by; rosters further ahead are mostly turns that will still be swapped.
const DAYS_AHEAD: TimeDelta = TimeDelta::days(180);

/// Private: a feed names people. Short: a swap is seen soon, and a revoked link is soon forgotten.
const CACHE: HeaderValue = HeaderValue::from_static("private, max-age=300");

/// The feed behind a link. Also answers HEAD.
pub(in crate::web) async fn feed(
    State(app): Shared,
    file: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let typed = file.ok().and_then(|Path(file)| Some(without_punctuation(&file).strip_suffix(".ics")?.to_owned()));
    // Computing half a year of shifts takes a while, and acknowledgements must not wait for it.
    let asked = Arc::clone(&app);
    let found = tokio::task::spawn_blocking(move || typed.map(|typed| text(&asked, &typed)).transpose()).await;
    let found = found.map_err(|_| Problem::new(Kind::Unavailable, "Retry in a few seconds"))?;
    let Some(text) = found?.flatten() else {
        app.unknown_calendar.warn();
        return Err(Problem::new(Kind::UnknownLink, "This calendar link may have been revoked; ask for a new one"));
    };
    Ok(answer(text, &headers))
}

/// The feed's text; `None` for an unknown token.
fn text(app: &AppState, typed: &str) -> Result<Option<String>, Problem> {
    let Some(feeds) = &app.feeds else {
        let cure = "Calendar feeds are not set up. Add `[calendar]` with `key_file` to wardbell.toml";
        return Err(Problem::new(Kind::UnknownLink, cure));
    };
    let now = (app.now)();
    let links = feeds.links(app.handle.plan(), now);
    let Some((department, liaison)) = links.by_hash.get(&hash_of(typed)) else { return Ok(None) };
    let Some(roster) = links.plan.rosters.get(department) else { return Ok(None) };
    let (from, to) = window(roster, now);
    let which = liaison.as_ref().map_or(Which::Department(None), Which::Liaison);
    let feed = Feed { hospital: &links.plan.hospital, roster, which, from, to, stamp: links.since };
    Ok(Some(feed.to_ics()))
}

/// From midnight to midnight, so that a feed stays the same for a day unless its roster changes.
fn window(roster: &Roster, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = |at| day_start(&roster.timezone, local_time::to_local(&roster.timezone, at).date());
    (midnight(now - DAYS_BACK), midnight(now + DAYS_AHEAD))
}

fn answer(text: String, asked: &HeaderMap) -> Response {
    let tag = format!("\"{:.32}\"", Digest::of(text.as_bytes()).to_string());
    let kept = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut kept = kept.flat_map(|value| value.split(',')).map(str::trim);
    let unchanged = kept.any(|one| one == "*" || one.trim_start_matches("W/") == tag);
    let body = if unchanged { String::new() } else { text };
    let mut response = (freshness(unchanged), body).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow, noarchive"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CACHE_CONTROL, CACHE);
    headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (ETAG, tag)));
    response
}
