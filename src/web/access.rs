//! `/api/v1/sessions`, `/api/v1/access` and `/api/v1/emergency-codes`: who is signed in, who has seen what, and codes for
//! an emergency. For operators.

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::id::IncidentId;
use crate::domain::permission::Permission;
use crate::domain::person_id::PersonId;
use crate::domain::principal::{Principal, SignInMethod};
use crate::domain::session::{SessionEnd, SessionInput};
use crate::engine::protocol::refused::Refused;
use crate::inbound::input_error::InputError;
use crate::journal::record::{Fact, Record};
use crate::store::query::AccessFilter;
use crate::web::app_state::{AppState, Shared};
use crate::web::auth::Caller;
use crate::web::body;
use crate::web::error::{Kind, Problem};
use crate::web::incident::AnyEvent;
use crate::web::query::Query;
use crate::web::read::{ask, json};
use crate::web::session::emergency;

/// The most codes at once: a sheet of paper.
const CODES_MAX: u32 = 20;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions")]
pub(in crate::web) struct Sessions {
    sessions: Vec<SessionOut>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionOut {
    person: PersonId,
    name: String,
    how: SignInMethod,
    from: String,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    since: DateTime<Utc>,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    until: DateTime<Utc>,
}

/// Everybody who is signed in, by person.
pub(in crate::web) async fn sessions(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::Audit)?;
    let (now, table) = (app.clocks(), app.handle.sessions());
    let mut sessions: Vec<SessionOut> = table
        .all()
        .map(|(_, live)| SessionOut {
            person: live.person.clone(),
            name: live.session.name.clone(),
            how: live.session.how,
            from: live.session.from.clone(),
            since: now.on_the_wall(live.session.since),
            until: now.on_the_wall(live.session.until),
        })
        .collect();
    sessions.sort_by(|a, b| (&a.person, a.since).cmp(&(&b.person, b.since)));
    Ok(json(&Sessions { sessions }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndSessions")]
pub(in crate::web) struct EndWanted {
    person: PersonId,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionsEnded")]
pub(in crate::web) struct Ended {
    ended: usize,
}

/// Ends all sessions of a person. They end also while the journal cannot be written.
pub(in crate::web) async fn end(State(app): Shared, caller: Caller, request: Request) -> Result<Response, Problem> {
    let by = caller.require(Permission::Admin)?.clone();
    let EndWanted { person } = read(request, "{\"person\": \"m-rivera\"}").await?;
    let table = app.handle.sessions();
    let theirs: Vec<_> = table.all().filter(|(_, live)| live.person == person).map(|(session, _)| *session).collect();
    theirs.iter().for_each(|session| app.session.activity().end(*session));
    let end = SessionInput::End { session: None, why: SessionEnd::EndedByOperator, by: Some(by) };
    match app.handle.session(person.clone(), end).await {
        Ok(ended) => Ok(json(&Ended { ended })),
        Err(refused) => {
            for session in theirs {
                app.handle.end_session(person.clone(), session, SessionEnd::EndedByOperator).await;
            }
            Err(unrecorded_end(refused))
        }
    }
}

fn unrecorded_end(refused: Refused) -> Problem {
    match refused {
        Refused::CannotRecord(_) | Refused::NotKnownYet => Problem::new(
            Kind::CannotRecord,
            "The sessions have ended. That will be recorded as soon as the disk allows",
        ),
        other => other.into(),
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Access")]
pub(in crate::web) struct AccessOut {
    access: Vec<Moment>,
    /// There are more than are shown; ask with a later `from`.
    more: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccessEntry")]
struct Moment {
    seq: u64,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    at: DateTime<Utc>,
    person: PersonId,
    #[serde(flatten)]
    #[schemars(with = "AnyEvent")]
    event: Value,
}

/// Sign-ins, failures, and what was shown: of one incident or one person, in order.
pub(in crate::web) async fn access(
    State(app): Shared,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    caller.require(Permission::Audit)?;
    let mut query = Query::read(query.as_deref(), &["incident", "person", "from"]);
    let incident = query.value::<IncidentId>("incident", "a reference, such as `7Q2K9MXD`");
    let person = query.value::<PersonId>("person", "a person's id, such as `m-rivera`");
    let from = query.value::<DateTime<Utc>>("from", "a time such as `2026-12-24T17:00:00Z`");
    query.finish()?;
    let filter = AccessFilter { incident, person, from };
    let (records, more) = ask(&app.reader, move |reader| reader.access(&filter)).await?;
    Ok(json(&AccessOut { access: records.into_iter().filter_map(moment).collect(), more }))
}

fn moment(record: Record) -> Option<Moment> {
    let Fact::Person(person, event) = record.entry.fact else { return None };
    // Events are made of texts and numbers, and serializing those does not fail.
    let mut event = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = event.as_object_mut() {
        // Of no use to readers, and best in few places.
        ["session", "hash", "salt"].iter().for_each(|field| drop(fields.remove(*field)));
    }
    Some(Moment { seq: record.seq, at: record.entry.at, person, event })
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MakeEmergencyCodes")]
pub(in crate::web) struct CodesWanted {
    #[schemars(range(min = 1, max = 20))]
    count: u32,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmergencyCodesMade")]
pub(in crate::web) struct Made {
    codes: Vec<MadeCode>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmergencyCodeMade")]
struct MadeCode {
    number: u32,
    code: String,
}

/// Makes emergency codes. This answer is the only place that ever has them.
pub(in crate::web) async fn make_codes(
    State(app): Shared,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let by = caller.require(Permission::Admin)?.clone();
    let CodesWanted { count } = read(request, "{\"count\": 5}").await?;
    if !(1..=CODES_MAX).contains(&count) {
        let message = format!("`count` must be from 1 to {CODES_MAX}");
        return Err(Problem::input_error(InputError::new("/count", "out-of-range", message)));
    }
    let mut codes = Vec::new();
    for _ in 0..count {
        codes.push(make_code(&app, &by).await?);
    }
    Ok(json(&Made { codes }))
}

async fn make_code(app: &AppState, by: &Principal) -> Result<MadeCode, Problem> {
    let bits = app.session.bits();
    let made = tokio::task::spawn_blocking(move || emergency::make(bits)).await.ok().flatten();
    let (secret, kept) = made.ok_or(Refused::Unavailable)?;
    let table = app.handle.sessions();
    let is_taken = |number: &u32| table.emergency_code(&PersonId::of_emergency_code(*number)).is_some();
    let mut numbers = std::iter::repeat_with(|| app.session.emergency_number());
    let number = numbers.find(|number| !is_taken(number)).ok_or(Refused::Unavailable)?;
    let made = SessionInput::MakeEmergencyCode { kept, by: by.clone() };
    app.handle.session(PersonId::of_emergency_code(number), made).await?;
    Ok(MadeCode { number, code: format!("{number}-{secret}") })
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmergencyCodes")]
pub(in crate::web) struct Codes {
    codes: Vec<CodeOut>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmergencyCode")]
struct CodeOut {
    code: PersonId,
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    made_at: DateTime<Utc>,
    made_by: String,
}

/// The codes that are good. `wardbell audit access` tells of those that were used.
pub(in crate::web) async fn list_codes(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    caller.require(Permission::Admin)?;
    let (now, table) = (app.clocks(), app.handle.sessions());
    let codes = table.emergency_codes().map(|(id, code)| CodeOut {
        code: id.clone(),
        made_at: now.on_the_wall(code.made_at),
        made_by: code.by.name().to_owned(),
    });
    let mut codes: Vec<_> = codes.collect();
    codes.sort_by_key(|code| code.made_at);
    Ok(json(&Codes { codes }))
}

async fn read<T: serde::de::DeserializeOwned>(request: Request, example: &str) -> Result<T, Problem> {
    if !body::is_type(request.headers(), "application/json") {
        return Err(Problem::new(Kind::WrongType, "Send `application/json`, uncompressed"));
    }
    let bytes = body::read(request.into_body(), body::FORM_MAX, body::ONE_WITHIN).await?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Problem::input_error(InputError::new("", "bad-value", format!("Send an object such as `{example}`")))
    })
}
