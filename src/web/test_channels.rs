//! `POST /api/v1/test-channels`: sends a test message through every channel and reports the results.

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::permission::Permission;
use crate::engine::protocol::channel_test::TestResult;
use crate::web::app_state::Shared;
use crate::web::auth::Caller;
use crate::web::error::Problem;
use crate::web::read::json;

/// Answers once every test has finished and is recorded.
pub(in crate::web) async fn test_channels(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    let operator = caller.require(Permission::Admin)?;
    tracing::info!(operator = operator.id(), "operator requested a channel test");
    Ok(json(&Answer { tests: app.handle.test_channels().await? }))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TestResults")]
pub(in crate::web) struct Answer {
    tests: Vec<TestResult>,
}
