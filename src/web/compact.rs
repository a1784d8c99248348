//! `POST /api/v1/compact`: rebuilds the store from the record, while it answers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;

use crate::config::settings::Permission;
use crate::engine::protocol::reader::{CompactError, Compacted};
use crate::web::app_state::Shared;
use crate::web::error::{Kind, Problem};
use crate::web::read::json;

/// Answers once the new store has taken the old one's place, which may be minutes later.
pub(in crate::web) async fn compact(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let operator = app.keyring.operator(request.headers(), Permission::Admin)?;
    tracing::info!(operator = %operator, "asked to rebuild the store");
    let reader = Arc::clone(&app.reader);
    let outcome = tokio::task::spawn_blocking(move || reader.compact()).await;
    match outcome.unwrap_or(Err(CompactError::Closed)) {
        Ok(Compacted { before, after, records }) => Ok(json(&Answer { before, after, records })),
        Err(CompactError::Busy) => Err(Problem::new(Kind::Unavailable, "the store is being rebuilt already")),
        Err(error) => {
            tracing::warn!(%error, "the store stays as it is");
            Err(Problem::new(Kind::Unavailable, "the store stays as it is; the daemon's log says why"))
        }
    }
}

#[derive(Serialize)]
struct Answer {
    before: u64,
    after: u64,
    records: u64,
}
