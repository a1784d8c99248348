//! `POST /api/v1/incidents`: incidents come in, and are answered once they are durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::config::settings::Strictness;
use crate::store::query::Receipt;
use crate::web::auth::Sender;
use crate::web::error::{Kind, Mistake, Problem};
use crate::web::incoming::Accepted;
use crate::web::{House, Shared, body, error, incoming};

/// One incident, or many lines of them.
pub(in crate::web) async fn ingest(State(house): Shared, request: Request) -> Response {
    match sort(&house, request).await {
        Ok(response) => response,
        Err(problem) => {
            house.handle.count_refused(problem.counted_as());
            problem.into_response()
        }
    }
}

async fn sort(house: &Arc<House>, request: Request) -> Result<Response, Problem> {
    let sender = house.keyring.sender(request.headers())?;
    if sender.name.operator().is_none() {
        house.handle.note_heard(&sender.name).await;
    }
    let coding = body::coding(request.headers())?;
    if body::is_type(request.headers(), "application/json") {
        let body = body::read(request.into_body(), body::ONE_MAX, body::ONE_WITHIN).await?;
        let json = body::unpack(body, coding, body::ONE_MAX)?;
        let receipt = hand_in(house, &sender, &json).await?;
        Ok(accepted(&receipt))
    } else if body::is_type(request.headers(), "application/x-ndjson") {
        house.lines.take(Arc::clone(house), sender, request.into_body(), coding).await
    } else {
        let detail = "Send `application/json` for one incident, or `application/x-ndjson` for many, one a line";
        Err(Problem::new(Kind::WrongType, detail))
    }
}

/// `POST /api/v1/heartbeat`: a source says that it is there. Answered once the engine knows; nothing is recorded of it.
pub(in crate::web) async fn heartbeat(State(house): Shared, request: Request) -> Result<Response, Problem> {
    let sender = house.keyring.source(request.headers())?;
    house.handle.heard(sender.name.clone()).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = error::NOTHING_TO_SAY;
    Ok(response)
}

/// An incident that was accepted, and what was cleaned in it.
#[derive(Serialize)]
pub(in crate::web) struct HandedIn {
    /// The same for the same event, however often it is sent.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// What was cut, cleaned or left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Mistake>,
}

/// Reads one incident and hands it to the engine; returns once it is durable.
pub(in crate::web) async fn hand_in(house: &House, sender: &Sender, json: &[u8]) -> Result<HandedIn, Problem> {
    let Accepted { incoming, mut warnings } = incoming::read(json, sender.strictness).map_err(Problem::invalid)?;
    warnings.extend(names_nobody(house, &incoming.involved));
    if sender.strictness == Strictness::Strict && !warnings.is_empty() {
        return Err(Problem::invalid(warnings));
    }
    let receipt = house.handle.open(sender.name.clone(), incoming).await?;
    Ok(HandedIn { receipt, warnings })
}

/// Whoever is named wrongly is not kept from being paged.
fn names_nobody(house: &House, involved: &[String]) -> Option<Mistake> {
    let plan = house.handle.plan();
    let unknown = involved.iter().filter(|name| !plan.knows(name)).count();
    let message = format!(
        "Nobody in the rosters has {unknown} of the {} names in `involved`: they keep nobody from being paged. Send a \
         liaison's id, e-mail address or full name",
        involved.len()
    );
    (unknown > 0).then(|| Mistake::new("/involved", "names-nobody", message))
}

fn accepted(handed_in: &HandedIn) -> Response {
    let mut response = Response::new(Body::from(to_json(handed_in)));
    *response.status_mut() = error::ACCEPTED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// What the house answers is made of texts and numbers, and serializing those to memory does not fail.
pub(in crate::web) fn to_json<T: Serialize>(answer: &T) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
