//! `POST /api/v1/incidents/{id}/purge`: destroys the keys of an incident's sealed text, for administrators.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::permission::Permission;
use crate::engine::protocol::refused::Refused;
use crate::journal::record::Fact;
use crate::store::query::History;
use crate::vault::opening::{holds_plain_words, holds_sealed_words};
use crate::web::app_state::Shared;
use crate::web::ask::ask;
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::incident::Summary;
use crate::web::read::{json, reference};

/// Answers once the keys are destroyed and that is recorded.
pub(in crate::web) async fn purge(
    State(app): Shared,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let by = caller.require(Permission::Admin)?.clone();
    let id = reference(path)?;
    let history = ask(&app.reader, move |reader| reader.history(id)).await?;
    let history = history.ok_or(Refused::UnknownIncident(id))?;
    // If the store is behind, this is an older state, and an incident not yet closed there is left to the engine.
    if history.incident.resolved.is_none() {
        return Err(Refused::StillOpen.into());
    }
    if history.incident.follow_up() > 0 {
        return Err(Refused::StillOwed(history.incident.follow_up()).into());
    }
    // A closed incident changes only by a purge, so this check cannot become stale.
    let mut left = 0;
    if history.incident.purged.is_none() {
        left = left_in_plain_words(&history)?;
        if app.handle.vault().is_none() {
            let cure = "The keys are not available. Set up `[encryption]` in `wardbell.toml` again";
            return Err(Problem::new(Kind::NotSealed, cure));
        }
    }
    let purged = app.handle.purge(id, by).await?;
    Ok(json(&Answer { summary: Summary::of(&purged.incident), left_in_plain_words: left }))
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Purged")]
pub(in crate::web) struct Answer {
    #[serde(flatten)]
    summary: Summary,
    /// How many of its records are unencrypted and stay so.
    left_in_plain_words: usize,
}

/// How many of an incident's records were written without encryption.
///
/// # Errors
///
/// Nothing is sealed.
fn left_in_plain_words(history: &History) -> Result<usize, Problem> {
    let events = || {
        history.records.iter().filter_map(|record| match &record.entry.fact {
            Fact::Incident(_, event) => Some(event),
            _ => None,
        })
    };
    let plain = events().filter(|event| holds_plain_words(event)).count();
    if events().any(holds_sealed_words) {
        return Ok(plain);
    }
    let why = if plain > 0 {
        "It was recorded without encryption. Only retention removes it"
    } else {
        "The source sent no protected text, and no one wrote a note"
    };
    Err(Problem::new(Kind::NotSealed, why))
}
