//! The only place that maps errors to status codes: RFC 9457 problems, for the API and behind the link pages.
//!
//! A problem names the field and the fix. It never repeats a value that was sent, because that may be protected health
//! information.

mod refusals;
mod statements;

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::escalation::input::Refusal;
use crate::engine::protocol::refused::RefusedFor;
use crate::engine::protocol::reload::Findings;
use crate::inbound::input_error::InputError;
use crate::web::notice::PressResult;

/// An incident that is durable.
pub const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

/// What was asked for.
pub const FINE: StatusCode = StatusCode::OK;

/// A heartbeat was received.
pub const NOTHING_TO_SAY: StatusCode = StatusCode::NO_CONTENT;

/// Another page is to be opened, with GET.
pub const SEE_OTHER: StatusCode = StatusCode::SEE_OTHER;

/// Callers refused for a temporary reason retry after this many seconds.
const RETRY_AFTER_SECONDS: &str = "2";

#[derive(Debug)]
pub struct Problem {
    pub kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<InputError>,
    already: Option<Box<Already>>,
    diagnostics: Option<Findings>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The request does not match the API.
    Invalid,
    Unauthorized,
    /// The token lacks the permission.
    Forbidden,
    UnknownRoute,
    /// The route exists but not for this method.
    WrongMethod,
    UnknownIncident,
    UnknownDepartment,
    UnknownLink,
    /// Its incident was resolved too long ago.
    ExpiredLink,
    /// Someone else acknowledged first.
    AlreadyAcknowledged,
    AlreadyResolved,
    /// Not every department has acknowledged, and the caller may not resolve it before that.
    NotAllAcknowledged,
    NotResolved,
    /// Wardbell opened it itself.
    NotReopened,
    /// Request timed out.
    TooSlow,
    /// The body exceeds the limit.
    TooLarge,
    /// Unsupported content type.
    WrongType,
    NotItsDepartment,
    Involved,
    /// The person is no longer on a roster.
    LeftRosters,
    /// The incident is not the caller's to hand over, or was already handed over.
    NotHandedOver,
    /// No one has acknowledged it.
    NobodyHasIt,
    /// The caller was not asked to take it over.
    NotAsked,
    NotWaiting,
    /// The chosen person is not a candidate.
    NotInTheList,
    BadNote,
    BadFiles,
    StillOpen,
    /// It is resolved, but something is still owed.
    StillOwed,
    /// The task cannot be changed like that.
    BadTask,
    UnknownTask,
    TaskClosed,
    /// The statement cannot be recorded.
    BadStatement,
    UnknownStatement,
    /// Somebody else wrote another version.
    StatementConflict,
    /// That cannot be done with the statement now.
    StatementState,
    /// Somebody else has to approve.
    NotAnApprover,
    /// It was already purged.
    AlreadyPurged,
    /// It has no sealed text.
    NotSealed,
    /// No one is signed in, or no longer.
    SignInFirst,
    /// Somebody has tried too often.
    TooManyTries,
    /// The code or the address that was entered does not sign anybody in.
    NotSignedIn,
    /// No address is configured for test messages.
    NothingToTest,
    CannotRecord,
    /// The daemon is shutting down or overloaded.
    Unavailable,
    /// The write is in progress, and its outcome is not known yet.
    NotKnownYet,
}

impl Kind {
    /// The status code, the stable name in `type`, and the title.
    pub(in crate::web) fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid => (StatusCode::BAD_REQUEST, "invalid", "Invalid request"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "A valid token is required"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "The token does not allow this"),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "unknown-route", "Not found"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "Method not allowed"),
            Self::UnknownIncident => (StatusCode::NOT_FOUND, "unknown-incident", "Incident not found"),
            Self::UnknownDepartment => (StatusCode::NOT_FOUND, "unknown-department", "Department not found"),
            Self::UnknownLink => (StatusCode::NOT_FOUND, "unknown-link", "This link is not valid"),
            Self::ExpiredLink => (StatusCode::GONE, "expired-link", "This link has expired"),
            Self::AlreadyAcknowledged => (StatusCode::CONFLICT, "already-acknowledged", "Already acknowledged"),
            Self::AlreadyResolved => (StatusCode::CONFLICT, "already-resolved", "Already resolved"),
            Self::NotAllAcknowledged => {
                (StatusCode::FORBIDDEN, "not-all-acknowledged", "Not every department has acknowledged")
            }
            Self::NotResolved => (StatusCode::CONFLICT, "not-resolved", "Not resolved"),
            Self::NotReopened => (StatusCode::CONFLICT, "not-reopened", "This incident cannot be reopened"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "Request timed out"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Request body too large"),
            Self::WrongType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-type", "Unsupported content type"),
            Self::NotItsDepartment => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-its-department",
                "That department is not paged for this incident",
            ),
            Self::Involved => (StatusCode::CONFLICT, "involved", "Someone else must answer this incident"),
            Self::LeftRosters => (StatusCode::CONFLICT, "left-rosters", "This person is no longer on a roster"),
            Self::NotWaiting => (StatusCode::CONFLICT, "not-waiting", "This page no longer needs an answer"),
            Self::NotHandedOver => (StatusCode::CONFLICT, "not-handed-over", "This page was not handed over"),
            Self::NobodyHasIt => (StatusCode::CONFLICT, "nobody-has-it", "No one has acknowledged it"),
            Self::NotAsked => (StatusCode::CONFLICT, "not-asked", "You were not asked to take this over"),
            Self::NotInTheList => {
                (StatusCode::UNPROCESSABLE_ENTITY, "not-in-the-list", "That person is not on the list")
            }
            Self::BadNote => (StatusCode::UNPROCESSABLE_ENTITY, "bad-note", "The note cannot be recorded"),
            Self::BadFiles => (StatusCode::UNPROCESSABLE_ENTITY, "bad-files", "The configuration files have errors"),
            Self::StillOpen => (StatusCode::CONFLICT, "still-open", "The incident is still open"),
            Self::StillOwed => (StatusCode::CONFLICT, "still-owed", "Something is still owed"),
            Self::BadTask => (StatusCode::UNPROCESSABLE_ENTITY, "bad-task", "The task cannot be recorded"),
            Self::UnknownTask => (StatusCode::NOT_FOUND, "unknown-task", "Task not found"),
            Self::TaskClosed => (StatusCode::CONFLICT, "task-state", "The task is not in that state"),
            Self::BadStatement => {
                (StatusCode::UNPROCESSABLE_ENTITY, "bad-statement", "The statement cannot be recorded")
            }
            Self::UnknownStatement => (StatusCode::NOT_FOUND, "unknown-statement", "Statement not found"),
            Self::StatementConflict => (StatusCode::CONFLICT, "statement-conflict", "There is a later version"),
            Self::StatementState => (StatusCode::CONFLICT, "statement-state", "Not possible with this statement now"),
            Self::NotAnApprover => (StatusCode::FORBIDDEN, "not-an-approver", "Somebody else has to approve"),
            Self::AlreadyPurged => (StatusCode::CONFLICT, "already-purged", "Already purged"),
            Self::NotSealed => (StatusCode::CONFLICT, "not-sealed", "Nothing to purge"),
            Self::SignInFirst => (StatusCode::UNAUTHORIZED, "sign-in-first", "Sign in first"),
            Self::TooManyTries => (StatusCode::TOO_MANY_REQUESTS, "too-many-tries", "Too many tries"),
            Self::NotSignedIn => (StatusCode::UNPROCESSABLE_ENTITY, "not-signed-in", "Not signed in"),
            Self::NothingToTest => (StatusCode::CONFLICT, "nothing-to-test", "No address for test messages"),
            Self::CannotRecord => (StatusCode::SERVICE_UNAVAILABLE, "cannot-record", "Cannot record right now"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable"),
            Self::NotKnownYet => {
                (StatusCode::GATEWAY_TIMEOUT, "not-known-yet", "Not yet known whether it was recorded")
            }
        }
    }
}

/// Who acknowledged or resolved it, and when.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AnsweredAlready")]
struct Already {
    by: String,
    by_name: String,
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::domain::instant::Rfc3339>")]
    at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
}

impl Problem {
    /// A problem with what to do about it.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), already: None, diagnostics: None }
    }

    /// All errors in the request; never empty.
    pub fn invalid(errors: Vec<InputError>) -> Self {
        let first = errors.first().map_or(Cow::Borrowed("Send a valid request"), |first| first.message.clone());
        let detail = match errors.len() {
            0 | 1 => first,
            more => format!("{first} (and {} more in `errors`)", more - 1).into(),
        };
        Self { kind: Kind::Invalid, detail, errors, already: None, diagnostics: None }
    }

    pub fn input_error(error: InputError) -> Self {
        Self::invalid(vec![error])
    }

    /// The errors in the configuration files, as `wardbell check` reports them.
    pub fn files(diagnostics: Findings) -> Self {
        let detail = "Previous version still in use; fix the errors in `diagnostics` and retry";
        Self { diagnostics: Some(diagnostics), ..Self::new(Kind::BadFiles, detail) }
    }

    pub fn status(&self) -> StatusCode {
        self.kind.parts().0
    }

    pub fn title(&self) -> &'static str {
        self.kind.parts().2
    }

    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with each field of the request.
    pub(in crate::web) fn errors(&self) -> &[InputError] {
        &self.errors
    }

    /// The metrics reason for a refused incident.
    pub fn counted_as(&self) -> RefusedFor {
        match self.kind {
            Kind::Unauthorized | Kind::Forbidden => RefusedFor::Unauthorized,
            Kind::TooLarge => RefusedFor::TooLarge,
            Kind::TooSlow => RefusedFor::TooSlow,
            Kind::CannotRecord => RefusedFor::CannotRecord,
            Kind::Unavailable => RefusedFor::Unavailable,
            Kind::NotKnownYet => RefusedFor::NotKnownYet,
            _ => RefusedFor::Malformed,
        }
    }

    /// The problem as JSON; `line` counts from 1 in a body of many lines.
    pub fn to_json(&self, line: Option<usize>) -> Vec<u8> {
        let (status, name, title) = self.kind.parts();
        let first = self.errors.first();
        let written = Written {
            kind: format!("urn:wardbell:problem:{}", first.map_or(name, |first| first.code)),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            line,
            field: first.map(|first| &*first.field),
            errors: &self.errors,
            already: self.already.as_deref(),
            findings: self.diagnostics.as_ref().map(|findings| Found {
                error_count: findings.errors(),
                warning_count: findings.warnings(),
                diagnostics: findings,
            }),
        };
        // Serializing strings and numbers to memory does not fail.
        serde_json::to_vec(&written).unwrap_or_default()
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(in crate::web) struct Written<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "<[InputError]>::is_empty")]
    #[schemars(with = "Option<Errors>")]
    errors: &'a [InputError],
    #[serde(flatten)]
    already: Option<&'a Already>,
    #[serde(flatten)]
    findings: Option<Found<'a>>,
}

/// The schema of `errors`: what is wrong with the request, or how many errors the configuration files have.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "declares the schema")]
enum Errors {
    InRequest(Vec<InputError>),
    InFiles(usize),
}

/// The first findings in the configuration files, and how many there are in all. `errors` is free for the count because
/// request errors use a separate problem.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProblemInFiles")]
struct Found<'a> {
    #[serde(rename = "errors")]
    #[schemars(skip)]
    error_count: usize,
    #[serde(rename = "warnings")]
    warning_count: usize,
    diagnostics: &'a Findings,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.to_json(None)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.kind == Kind::Unauthorized {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"wardbell\""));
        }
        if matches!(self.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}

/// The status code for probes that read nothing else.
pub fn readiness(ready: bool) -> StatusCode {
    if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// 304 if the caller's cached copy is current, else 200.
pub fn freshness(unchanged: bool) -> StatusCode {
    if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK }
}

/// The status code of a page after a button press. Pressing again what is already yours counts as success.
pub fn press_status(result: PressResult, is_had_already: impl FnOnce(&Refusal) -> bool) -> StatusCode {
    match result {
        PressResult::Recorded(_) => StatusCode::OK,
        PressResult::Refused(refusal) if is_had_already(&refusal) => StatusCode::OK,
        PressResult::Refused(refusal) => Problem::from(refusal).status(),
        PressResult::TooMany => Problem::new(Kind::TooManyTries, "").status(),
        PressResult::Lost => Problem::new(Kind::CannotRecord, "").status(),
        PressResult::NotKnownYet => Problem::new(Kind::NotKnownYet, "").status(),
    }
}
