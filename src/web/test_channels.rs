//! `POST /api/v1/test-channels`: sends a test message through every channel and reports the results.

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;

use crate::config::settings::Permission;
use crate::engine::protocol::channel_test::TestResult;
use crate::web::app_state::Shared;
use crate::web::error::Problem;
use crate::web::read::json;

/// Answers once every test has finished and is recorded.
pub(in crate::web) async fn test_channels(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let operator = app.keyring.operator(request.headers(), Permission::Admin)?;
    tracing::info!(operator = %operator, "operator requested a channel test");
    Ok(json(&Answer { tests: app.handle.test_channels().await? }))
}

#[derive(Serialize)]
struct Answer {
    tests: Vec<TestResult>,
}
