//! `POST /api/v1/incidents`: incidents come in, and are answered once they are durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::id::SourceName;
use crate::store::query::Receipt;
use crate::web::error::{Kind, Problem};
use crate::web::{House, Shared, body, error, incoming};

/// One incident, or many lines of them.
pub(in crate::web) async fn ingest(State(house): Shared, request: Request) -> Response {
    match sort(&house, request).await {
        Ok(response) => response,
        Err(problem) => {
            house.metrics.refused(problem.counted_as());
            problem.into_response()
        }
    }
}

async fn sort(house: &Arc<House>, request: Request) -> Result<Response, Problem> {
    let source = house.keyring.source(request.headers())?;
    house.handle.note_heard(source).await;
    if body::is_type(request.headers(), "application/json") {
        let json = body::read(request.into_body(), body::ONE_MAX, body::ONE_WITHIN).await?;
        let receipt = hand_in(house, source, &json).await?;
        Ok(accepted(&receipt))
    } else if body::is_type(request.headers(), "application/x-ndjson") {
        let source = source.clone();
        house.lines.take(Arc::clone(house), source, request.into_body()).await
    } else {
        let detail = "send `application/json` for one incident, `application/x-ndjson` for many, not compressed";
        Err(Problem::new(Kind::WrongType, detail))
    }
}

/// `POST /api/v1/heartbeat`: a source says that it is there. Answered once the engine knows; nothing is recorded of it.
pub(in crate::web) async fn heartbeat(State(house): Shared, request: Request) -> Result<Response, Problem> {
    let source = house.keyring.source(request.headers())?;
    house.handle.heard(source.clone()).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = error::NOTHING_TO_SAY;
    Ok(response)
}

/// Reads one incident and hands it to the engine; returns once it is durable.
pub(in crate::web) async fn hand_in(house: &House, source: &SourceName, json: &[u8]) -> Result<Receipt, Problem> {
    let incoming = incoming::read(json).map_err(Problem::invalid)?;
    Ok(house.handle.open(source.clone(), incoming).await?)
}

fn accepted(receipt: &Receipt) -> Response {
    let mut response = Response::new(Body::from(to_json(receipt)));
    *response.status_mut() = error::ACCEPTED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What the house answers is made of texts and numbers, and serializing those to memory does not fail.
pub(in crate::web) fn to_json<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
