//! The only place that maps errors to status codes: RFC 9457 problems, for the API and behind the link pages.
//!
//! A problem names the field and the cure. It never repeats a value that was sent: what a source sends is protected
//! health information.

use std::borrow::Cow;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::domain::escalation::input::Refusal;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::refused::RefusedFor;
use crate::engine::protocol::reload::Findings;
use crate::inbound::input_error::InputError;
use crate::web::notice::PressResult;

/// An incident that is durable.
pub const ACCEPTED: StatusCode = StatusCode::ACCEPTED;

/// What was asked for.
pub const FINE: StatusCode = StatusCode::OK;

/// Heard, and there is nothing to say.
pub const NOTHING_TO_SAY: StatusCode = StatusCode::NO_CONTENT;

/// Callers that were refused for a while try again after this many seconds: a full disk is not mended sooner.
const RETRY_AFTER_SECONDS: &str = "2";

/// What is wrong with a request, as the outside sees it.
#[derive(Debug)]
pub struct Problem {
    /// Which.
    pub kind: Kind,
    detail: Cow<'static, str>,
    errors: Vec<InputError>,
    already: Option<Box<Already>>,
    diagnostics: Option<Findings>,
}

/// Every problem that the outside can meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something in the request is not as the contract says.
    Invalid,
    /// No token that is known.
    Unauthorized,
    /// A token that is known and does not allow this.
    Forbidden,
    /// No such address.
    UnknownRoute,
    /// The address is there, the method is not.
    WrongMethod,
    /// No incident of that reference.
    UnknownIncident,
    /// No roster of that department.
    UnknownDepartment,
    /// No page has that link.
    UnknownLink,
    /// Its incident was resolved long ago.
    ExpiredLink,
    /// Somebody was faster.
    AlreadyAcknowledged,
    /// The matter is closed.
    AlreadyResolved,
    /// The body did not arrive in time.
    TooSlow,
    /// The body is longer than is read.
    TooLarge,
    /// The body is of another type.
    WrongType,
    /// The department does not answer the incident.
    NotItsDepartment,
    /// The person is involved.
    Involved,
    /// The person is in no roster any more.
    LeftRosters,
    /// Somebody else must take what is not the last resort's to hand over, or was handed over already.
    NotHandedOver,
    NotWaiting,
    /// Nobody who could take it was chosen.
    NotInTheList,
    /// The note is empty or too long.
    BadNote,
    /// The hospital's files are not valid.
    BadFiles,
    /// The incident is still open.
    StillOpen,
    /// Its words are destroyed already.
    AlreadyPurged,
    /// It has no words that could be destroyed.
    NotSealed,
    /// No file says where test messages go.
    NothingToTest,
    /// The journal cannot be written.
    CannotRecord,
    /// The daemon is ending, or has too much to do.
    Unavailable,
    /// The write is under way, and how it ends is not known yet.
    NotKnownYet,
}

impl Kind {
    /// The status code, the stable name in `type`, and the title.
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Invalid => (StatusCode::BAD_REQUEST, "invalid", "The request is not as it should be"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "A valid token is needed"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "The token does not allow this"),
            Self::UnknownRoute => (StatusCode::NOT_FOUND, "unknown-route", "There is nothing at this address"),
            Self::WrongMethod => {
                (StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "This address does not answer that method")
            }
            Self::UnknownIncident => (StatusCode::NOT_FOUND, "unknown-incident", "No incident has that reference"),
            Self::UnknownDepartment => (StatusCode::NOT_FOUND, "unknown-department", "No department has that name"),
            Self::UnknownLink => (StatusCode::NOT_FOUND, "unknown-link", "This link is not valid"),
            Self::ExpiredLink => (StatusCode::GONE, "expired-link", "This link has expired"),
            Self::AlreadyAcknowledged => (StatusCode::CONFLICT, "already-acknowledged", "Already acknowledged"),
            Self::AlreadyResolved => (StatusCode::CONFLICT, "already-resolved", "Already resolved"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "too-slow", "The body did not arrive in time"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::WrongType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-type", "The body is of another type"),
            Self::NotItsDepartment => {
                (StatusCode::UNPROCESSABLE_ENTITY, "not-its-department", "The department does not answer this incident")
            }
            Self::Involved => (StatusCode::CONFLICT, "involved", "Somebody else must answer this incident"),
            Self::LeftRosters => (StatusCode::CONFLICT, "left-rosters", "This person is in no roster any more"),
            Self::NotWaiting => (StatusCode::CONFLICT, "not-waiting", "This page does not wait for an answer any more"),
            Self::NotHandedOver => (StatusCode::CONFLICT, "not-handed-over", "This page was not handed over"),
            Self::NotInTheList => {
                (StatusCode::UNPROCESSABLE_ENTITY, "not-in-the-list", "The chosen person is not in the list")
            }
            Self::BadNote => (StatusCode::UNPROCESSABLE_ENTITY, "bad-note", "The note cannot be recorded"),
            Self::BadFiles => (StatusCode::UNPROCESSABLE_ENTITY, "bad-files", "The files are not valid"),
            Self::StillOpen => (StatusCode::CONFLICT, "still-open", "The incident is still open"),
            Self::AlreadyPurged => (StatusCode::CONFLICT, "already-purged", "Already purged"),
            Self::NotSealed => (StatusCode::CONFLICT, "not-sealed", "There are no sealed words to destroy"),
            Self::NothingToTest => (StatusCode::CONFLICT, "nothing-to-test", "Test messages have no address"),
            Self::CannotRecord => {
                (StatusCode::SERVICE_UNAVAILABLE, "cannot-record", "Nothing can be recorded at the moment")
            }
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "No answer is possible at the moment")
            }
            Self::NotKnownYet => {
                (StatusCode::GATEWAY_TIMEOUT, "not-known-yet", "Whether it was recorded is not known yet")
            }
        }
    }
}

/// Who has it, and since when.
#[derive(Debug, Serialize)]
struct Already {
    by: String,
    by_name: String,
    #[serde(with = "crate::domain::instant::optional", skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
}

impl Problem {
    /// A problem, and what to do about it.
    pub fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), already: None, diagnostics: None }
    }

    /// Everything that is wrong with what was sent; never empty.
    pub fn invalid(errors: Vec<InputError>) -> Self {
        let first = errors.first().map_or(Cow::Borrowed("send something else"), |first| first.message.clone());
        let detail = match errors.len() {
            0 | 1 => first,
            more => format!("{first}, and {} more under `errors`", more - 1).into(),
        };
        Self { kind: Kind::Invalid, detail, errors, already: None, diagnostics: None }
    }

    /// One fault in what was sent.
    pub fn input_error(error: InputError) -> Self {
        Self::invalid(vec![error])
    }

    /// What is wrong with the hospital's files, as `wardbell check` tells it.
    pub fn files(diagnostics: Findings) -> Self {
        let detail = "the previous plan stays in force; fix the errors under `diagnostics` and ask again";
        Self { diagnostics: Some(diagnostics), ..Self::new(Kind::BadFiles, detail) }
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.kind.parts().0
    }

    /// What to do about it.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Under which reason a refused incident is counted.
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

#[derive(Serialize)]
struct Written<'a> {
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
    errors: &'a [InputError],
    #[serde(flatten)]
    already: Option<&'a Already>,
    #[serde(flatten)]
    findings: Option<Found<'a>>,
}

/// What is wrong with the hospital's files: the first findings, and how many there are in all. `errors` is free, as what is
/// wrong with a request stands in a problem of its own.
#[derive(Serialize)]
struct Found<'a> {
    #[serde(rename = "errors")]
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

impl From<Refused> for Problem {
    /// Why a journal cannot be written is for `/readyz` and the log; the outside learns what to do.
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Decision(refusal) => refusal.into(),
            Refused::UnknownIncident(_) => Self::new(Kind::UnknownIncident, "check the reference"),
            Refused::UnknownLink => Self::new(Kind::UnknownLink, "open the whole link, as it came"),
            Refused::ExpiredLink => Self::new(Kind::ExpiredLink, "its incident was resolved some time ago"),
            Refused::StillOpen => Self::new(Kind::StillOpen, "resolve it first: until then its words are needed"),
            Refused::AlreadyPurged { .. } => Self::new(Kind::AlreadyPurged, refused.to_string()),
            Refused::NotYetPurged(_) => Self::new(
                Kind::CannotRecord,
                "the purge is recorded, and its keys are destroyed as soon as the disk allows; what was sealed is shown to nobody meanwhile",
            ),
            Refused::NothingToTest => {
                Self::new(Kind::NothingToTest, "add `[daily_test]` to `wardbell.toml`, and ask again")
            }
            Refused::TestsUnrecorded { tests, .. } => {
                let tests: Vec<String> = tests.iter().map(ToString::to_string).collect();
                Self::new(
                    Kind::CannotRecord,
                    format!("the test messages were sent all the same ({}), which is recorded later", tests.join(", ")),
                )
            }
            Refused::CannotRecord(_) => {
                Self::new(Kind::CannotRecord, "nothing was recorded; send it again in a few seconds")
            }
            Refused::Unavailable => Self::new(Kind::Unavailable, "send it again in a few seconds"),
            Refused::NotKnownYet => Self::new(
                Kind::NotKnownYet,
                "look at the incident before you do it again; an incident may be sent again with the same `event_id`, which opens nothing twice",
            ),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let (kind, already) = match refusal {
            Refusal::AlreadyAcknowledged { by, at, department } => {
                let (id, name) = (by.id().to_owned(), by.name().to_owned());
                let department = Some(department.to_string());
                (Kind::AlreadyAcknowledged, Some(Already { by: id, by_name: name, at: Some(at), department }))
            }
            Refusal::AlreadyResolved { by } => {
                let (id, name) = (by.id().to_owned(), by.name().to_owned());
                (Kind::AlreadyResolved, Some(Already { by: id, by_name: name, at: None, department: None }))
            }
            Refusal::NotItsDepartment(_) => (Kind::NotItsDepartment, None),
            Refusal::Involved => (Kind::Involved, None),
            Refusal::Left => (Kind::LeftRosters, None),
            Refusal::NotNow => (Kind::Unavailable, None),
            Refusal::NotWaiting => (Kind::NotWaiting, None),
            Refusal::NotHandedOver | Refusal::HandedOverAlready(_) => (Kind::NotHandedOver, None),
            Refusal::NotInTheList => (Kind::NotInTheList, None),
            Refusal::EmptyNote | Refusal::NoteTooLong => (Kind::BadNote, None),
        };
        Self { already: already.map(Box::new), ..Self::new(kind, detail) }
    }
}

/// Whether the daemon is ready, for probes that read nothing else.
pub fn readiness(ready: bool) -> StatusCode {
    if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Whether what the caller has kept is still what it is, or here it is anew.
pub fn freshness(unchanged: bool) -> StatusCode {
    if unchanged { StatusCode::NOT_MODIFIED } else { StatusCode::OK }
}

/// How a page is answered after a press, or without one; who presses again what is theirs is answered like the first time.
pub fn press_status(result: PressResult, is_had_already: impl FnOnce(&Refusal) -> bool) -> StatusCode {
    match result {
        PressResult::Recorded(_) => StatusCode::OK,
        PressResult::Refused(refusal) if is_had_already(&refusal) => StatusCode::OK,
        PressResult::Refused(refusal) => Problem::from(refusal).status(),
        PressResult::Lost => Problem::new(Kind::CannotRecord, "").status(),
        PressResult::NotKnownYet => Problem::new(Kind::NotKnownYet, "").status(),
    }
}
