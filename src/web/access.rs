//! `/api/v1/sessions`, `/api/v1/access` and `/api/v1/emergency-codes`: who is signed in, who has seen what, and codes for
//! an emergency. For operators.

use std::collections::BTreeSet;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::id::IncidentId;
use crate::domain::permission::Permission;
use crate::domain::person_id::PersonId;
use crate::domain::principal::SignInMethod;
use crate::domain::session::{EmergencyHash, SessionEnd, SessionInput};
use crate::engine::protocol::refused::Refused;
use crate::inbound::input_error::InputError;
use crate::journal::record::{Fact, Record};
use crate::store::query::AccessFilter;
use crate::web::app_state::{AppState, Shared};
use crate::web::ask::ask;
use crate::web::auth::Caller;
use crate::web::body;
use crate::web::error::{Kind, Problem};
use crate::web::incident::AnyEvent;
use crate::web::query::Query;
use crate::web::read::json;
use crate::web::session::emergency;

/// The most codes at once: a sheet of paper.
const CODES_MAX: u32 = 20;

/// How often numbers are drawn again because somebody else took one: of a million, two meet once in a lifetime.
const NUMBERS_TRIED: usize = 3;

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
    /// Who used an emergency code, as they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_by: Option<PersonId>,
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
            used_by: live.session.used_by.clone(),
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
    let end = SessionInput::End { session: None, why: SessionEnd::EndedByOperator, by: Some(by.clone()) };
    match app.handle.session(person.clone(), end).await {
        Ok(ended) => Ok(json(&Ended { ended })),
        Err(refused) => {
            for session in theirs {
                let why = SessionEnd::EndedByOperator;
                app.handle.end_session(person.clone(), session, why, Some(by.clone())).await;
            }
            Err(unrecorded_end(refused))
        }
    }
}

fn unrecorded_end(refused: Refused) -> Problem {
    let kind = match refused {
        Refused::CannotRecord(_) => Kind::CannotRecord,
        Refused::NotKnownYet => Kind::NotKnownYet,
        other => return other.into(),
    };
    let detail = "The sessions have ended, but that is not recorded yet: a restart before it is would let their cookies in \
                  again. Repeat the request until it is answered with 200";
    Problem::new(kind, detail)
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
        ["session", "hash", "salt", "address_hash", "marks"].iter().for_each(|field| drop(fields.remove(*field)));
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
    let bits: Vec<_> = (0..count).map(|_| app.session.bits()).collect();
    let hashed = tokio::task::spawn_blocking(move || bits.into_iter().map(emergency::make).collect::<Option<Vec<_>>>());
    let secrets = hashed.await.ok().flatten().ok_or(Refused::Unavailable)?;
    for _ in 0..NUMBERS_TRIED {
        let numbers = free_numbers(&app, secrets.len());
        let make = |(number, (_, kept)): (&u32, &(String, EmergencyHash))| {
            let made = SessionInput::MakeEmergencyCode { kept: *kept, by: by.clone() };
            (PersonId::of_emergency_code(*number), made)
        };
        match app.handle.sessions_at_once(numbers.iter().zip(&secrets).map(make).collect()).await {
            Ok(_) => {
                let codes = numbers.iter().zip(&secrets);
                let made =
                    codes.map(|(number, (secret, _))| MadeCode { number: *number, code: format!("{number}-{secret}") });
                return Ok(json(&Made { codes: made.collect() }));
            }
            // Somebody else has just made a code of one of these numbers.
            Err(Refused::NoSession) => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    Err(Refused::Unavailable.into())
}

/// Numbers that no code has, all different.
fn free_numbers(app: &AppState, count: usize) -> BTreeSet<u32> {
    let table = app.handle.sessions();
    let is_taken = |number: u32| table.emergency_code(&PersonId::of_emergency_code(number)).is_some();
    let mut numbers = BTreeSet::new();
    while numbers.len() < count {
        let number = app.session.emergency_number();
        if !is_taken(number) {
            numbers.insert(number);
        }
    }
    numbers
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RevokeEmergencyCodes")]
pub(in crate::web) struct RevokeWanted {
    /// The numbers that the codes begin with.
    #[serde(default)]
    numbers: BTreeSet<u32>,
    /// All that are good.
    #[serde(default)]
    all: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EmergencyCodesRevoked")]
pub(in crate::web) struct Revoked {
    numbers: BTreeSet<u32>,
}

/// Revokes emergency codes: all that are named, or none.
pub(in crate::web) async fn revoke_codes(
    State(app): Shared,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let by = caller.require(Permission::Admin)?.clone();
    let example = "{\"numbers\": [4821]}` or `{\"all\": true}";
    let RevokeWanted { numbers, all } = read(request, example).await?;
    if all != numbers.is_empty() {
        let message = format!("Send either numbers or `all`, such as `{example}`");
        return Err(Problem::input_error(InputError::new("", "bad-value", message)));
    }
    let table = app.handle.sessions();
    let is_good = |number: u32| table.emergency_code(&PersonId::of_emergency_code(number)).is_some();
    if let Some(unknown) = numbers.iter().find(|number| !is_good(**number)) {
        let message =
            format!("No unused emergency code has the number {unknown}. GET /api/v1/emergency-codes lists those");
        return Err(Problem::input_error(InputError::new("/numbers", "bad-value", message)));
    }
    let good = table.emergency_codes().filter_map(|(id, _)| id.emergency_code_number());
    let numbers: BTreeSet<u32> = if all { good.collect() } else { numbers };
    let revoke =
        |number: &u32| (PersonId::of_emergency_code(*number), SessionInput::RevokeEmergencyCode { by: by.clone() });
    if !numbers.is_empty() {
        app.handle.sessions_at_once(numbers.iter().map(revoke).collect()).await.map_err(unrevoked)?;
    }
    Ok(json(&Revoked { numbers }))
}

fn unrevoked(refused: Refused) -> Problem {
    match refused {
        Refused::NoSession => {
            let detail = "One of the codes was used or revoked at this moment. None was revoked; retry";
            Problem::new(Kind::Unavailable, detail)
        }
        other => other.into(),
    }
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
