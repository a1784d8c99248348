//! Many incidents in one body, one per line: submitted concurrently, answered in order.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::domain::escalation::incident::Status;
use crate::domain::id::IncidentId;
use crate::inbound::input_error::InputError;
use crate::inbound::lines::NumberedLines;
use crate::web::answer::to_json;
use crate::web::app_state::AppState;
use crate::web::auth::Caller;
use crate::web::body;
use crate::web::body::Coding;
use crate::web::error::{self, Kind, Problem};
use crate::web::hand_in::{HandedIn, hand_in};

/// How many lines of one body are in flight together and share journal flushes.
const LINES_AT_ONCE: usize = 512;

/// How long a caller waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// How many answers are sent together. Each is about 150 bytes, so they fill a few packets.
const ANSWERS_TOGETHER: usize = 128;

/// How many answers are buffered for a caller that does not read.
const ANSWERS_WAITING: usize = 16;

/// A caller that does not read for this long is considered gone.
const UNREAD_WITHIN: Duration = Duration::from_secs(30);

/// Reads the body, and answers each line as soon as it and those before it are durable.
pub(in crate::web) async fn take(
    app: Arc<AppState>,
    caller: Caller,
    body: Body,
    coding: Coding,
) -> Result<Response, Problem> {
    let turn = tokio::time::timeout(TURN_WITHIN, app.turns.turn(&caller.source)).await;
    let Ok(Some(turn)) = turn else {
        return Err(Problem::new(Kind::Unavailable, "Too many batches are arriving at once; retry in a few seconds"));
    };
    let body = body::read(body, body::MANY_MAX, body::MANY_WITHIN).await?;
    let lines = tokio::task::spawn_blocking(move || body::unpack(body, coding, body::MANY_MAX));
    let lines = lines.await.map_err(|_| Problem::new(Kind::Unavailable, "Retry in a few seconds"))??;
    let (answers, mut waiting) = mpsc::channel(ANSWERS_WAITING);
    tokio::spawn(hand_in_all(app, caller, lines, answers, turn));
    let out = stream::poll_fn(move |context| waiting.poll_recv(context)).map(Ok::<Bytes, Infallible>);
    let mut response = Response::new(Body::from_stream(out));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// Runs on its own, so that lines already read are submitted even if the caller disconnects.
async fn hand_in_all(
    app: Arc<AppState>,
    caller: Caller,
    lines: Bytes,
    answers: mpsc::Sender<Bytes>,
    turn: OwnedSemaphorePermit,
) {
    let written = NumberedLines::new(lines).filter(|(_, line)| !line.trim_ascii().is_empty());
    let mut out = stream::iter(written)
        .map(|(number, line)| answer(Arc::clone(&app), caller.clone(), number, line))
        .buffered(LINES_AT_ONCE)
        .ready_chunks(ANSWERS_TOGETHER);
    let mut is_read = true;
    while let Some(together) = out.next().await {
        if is_read {
            let sent = tokio::time::timeout(UNREAD_WITHIN, answers.send(together.concat().into())).await;
            is_read = matches!(sent, Ok(Ok(())));
        }
    }
    drop(turn);
}

async fn answer(app: Arc<AppState>, caller: Caller, number: usize, line: Bytes) -> Vec<u8> {
    let result = if line.len() > body::ONE_MAX {
        Err(Problem::new(Kind::TooLarge, format!("Send at most {} bytes per line", body::ONE_MAX)))
    } else {
        hand_in(&app, &caller, &line).await
    };
    let mut json = match result {
        Ok(handed_in) => to_json(&LineAccepted::from(&handed_in)),
        Err(problem) => {
            app.handle.count_refused(problem.counted_as());
            problem.to_json(Some(number))
        }
    };
    json.push(b'\n');
    json
}

/// The receipt of one line. `status` is the line's HTTP status, so the incident's status has a longer name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LineAccepted")]
pub(in crate::web) struct LineAccepted<'a> {
    status: u16,
    id: IncidentId,
    incident_status: Status,
    playbook: &'a str,
    duplicate_of_open: bool,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    received_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "<[InputError]>::is_empty")]
    warnings: &'a [InputError],
}

impl<'a> From<&'a HandedIn> for LineAccepted<'a> {
    fn from(HandedIn { receipt, warnings }: &'a HandedIn) -> Self {
        Self {
            status: error::ACCEPTED.as_u16(),
            id: receipt.id,
            incident_status: receipt.status,
            playbook: &receipt.playbook,
            duplicate_of_open: receipt.duplicate_of_open,
            received_at: receipt.received_at,
            warnings,
        }
    }
}
