//! `POST /api/v1/incidents`: opens incidents; answers once they are durable.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::domain::permission::Permission;
use crate::domain::principal::Principal;
use crate::inbound::format::Format;
use crate::web::answer::to_json;
use crate::web::app_state::{AppState, Shared};
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::hand_in::{HandedIn, hand_in};
use crate::web::{body, error, many};

/// One incident, or many, one per line.
pub(in crate::web) async fn ingest(State(app): Shared, caller: Result<Caller, Problem>, request: Request) -> Response {
    match sort(&app, caller, request).await {
        Ok(response) => response,
        Err(problem) => {
            app.handle.count_refused(problem.counted_as());
            problem.into_response()
        }
    }
}

async fn sort(app: &Arc<AppState>, caller: Result<Caller, Problem>, request: Request) -> Result<Response, Problem> {
    let caller = caller?;
    if let Principal::Source { source } = caller.require(Permission::Open)? {
        app.handle.note_heard(source).await;
    }
    let coding = body::coding(request.headers())?;
    let format = Format::ALL.into_iter().find(|format| body::is_type(request.headers(), format.media_type()));
    match format {
        Some(Format::Wardbell) => {
            let body = body::read(request.into_body(), body::ONE_MAX, body::ONE_WITHIN).await?;
            let json = body::unpack(body, coding, body::ONE_MAX)?;
            let receipt = hand_in(app, &caller, &json).await?;
            Ok(accepted(&receipt))
        }
        Some(Format::WardbellLines) => many::take(Arc::clone(app), caller, request.into_body(), coding).await,
        None => {
            let detail = "Send `application/json` for one incident, or `application/x-ndjson` for many, one per line";
            Err(Problem::new(Kind::WrongType, detail))
        }
    }
}

/// `POST /api/v1/heartbeat`: a source reports that it is alive. Not recorded.
pub(in crate::web) async fn heartbeat(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::Heartbeat)?;
    app.handle.heard(caller.source).await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = error::NOTHING_TO_SAY;
    Ok(response)
}

fn accepted(handed_in: &HandedIn) -> Response {
    let mut response = Response::new(Body::from(to_json(handed_in)));
    *response.status_mut() = error::ACCEPTED;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
