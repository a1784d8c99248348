//! `POST /api/v1/incidents/{id}/purge`: destroys the keys of an incident's words, for administrators.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;

use crate::config::settings::Permission;
use crate::engine::request::Refused;
use crate::journal::record::Fact;
use crate::store::query::History;
use crate::vault::opening::{holds_plain_words, holds_sealed_words};
use crate::web::Shared;
use crate::web::error::{Kind, Problem};
use crate::web::incident::Summary;
use crate::web::read::{ask, json, reference};

/// Answers once the keys are destroyed and that is recorded.
pub(in crate::web) async fn purge(
    State(house): Shared,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let operator = house.keyring.operator(request.headers(), Permission::Admin)?.clone();
    let id = reference(path)?;
    let history = ask(&house.reader, move |reader| reader.history(id)).await?;
    let history = history.ok_or(Refused::UnknownIncident(id))?;
    // What is open or purged already is told first; of what is closed, nothing but a purge changes what is looked at here.
    if history.incident.resolved.is_some() && history.incident.purged.is_none() {
        check(&history)?;
        if house.handle.vault().is_none() {
            let cure = "its keys are out of reach: set `[encryption]` up again in `wardbell.toml`";
            return Err(Problem::new(Kind::NotSealed, cure));
        }
    }
    let purged = house.handle.purge(id, operator).await?;
    Ok(json(&Summary::of(&purged.incident)))
}

/// A purge that left words behind would be worse than none.
fn check(history: &History) -> Result<(), Problem> {
    let events = || {
        history.records.iter().filter_map(|record| match &record.entry.fact {
            Fact::Incident(_, event) => Some(event),
            Fact::House(_) => None,
        })
    };
    if events().any(holds_plain_words) {
        let why = "it was recorded in plain words, before encryption was set up: retention alone removes it";
        return Err(Problem::new(Kind::NotSealed, why));
    }
    if !events().any(holds_sealed_words) {
        return Err(Problem::new(Kind::NotSealed, "its source sent no such words, and nobody noted anything"));
    }
    Ok(())
}
