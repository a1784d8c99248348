//! Liveness, readiness, and metrics.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::zone::rules::Edition;
use crate::web::app_state::Shared;
use crate::web::error;
use crate::web::read::json;

/// The text format of OpenMetrics, as scrapers ask for it.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The process is alive.
pub(in crate::web) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether incidents are accepted and people paged, or why not.
pub(in crate::web) async fn readyz(State(app): Shared) -> Response {
    let readiness = app.handle.readiness().await;
    let ready = readiness.is_ready();
    let (reasons, warnings) = (readiness.reasons().collect(), readiness.warnings().collect());
    let plan = app.handle.plan();
    let answer = Ready { ready, reasons, warnings, time_zones: plan.rules.edition() };
    let mut response = json(&answer);
    *response.status_mut() = error::readiness(ready);
    response
}

pub(in crate::web) async fn metrics(State(app): Shared) -> Response {
    ([(CONTENT_TYPE, OPEN_METRICS)], app.handle.metrics_text().await).into_response()
}

#[derive(Serialize)]
struct Ready<'a> {
    ready: bool,
    reasons: Vec<&'a str>,
    warnings: Vec<&'a str>,
    /// The time zone release in use.
    time_zones: &'a Edition,
}
