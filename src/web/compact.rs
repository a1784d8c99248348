//! `POST /api/v1/compact`: rebuilds the store from the journal while it stays available.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::permission::Permission;
use crate::engine::protocol::reader::{CompactError, Compacted};
use crate::web::app_state::Shared;
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::read::json;

/// Answers once the new store has replaced the old one, which may take minutes.
pub(in crate::web) async fn compact(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    let operator = caller.require(Permission::Admin)?;
    tracing::info!(operator = operator.id(), "operator requested a store rebuild");
    let reader = Arc::clone(&app.reader);
    let outcome = tokio::task::spawn_blocking(move || reader.compact()).await;
    match outcome.unwrap_or(Err(CompactError::Closed)) {
        Ok(Compacted { before, after, records }) => Ok(json(&Answer { before, after, records })),
        Err(CompactError::Busy) => Err(Problem::new(Kind::Unavailable, "The store is already being rebuilt")),
        Err(error) => {
            tracing::warn!(%error, "rebuilding the store failed; the store is unchanged");
            Err(Problem::new(Kind::Unavailable, "The rebuild failed and the store is unchanged; see the log"))
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Compacted")]
pub(in crate::web) struct Answer {
    before: u64,
    after: u64,
    records: u64,
}
