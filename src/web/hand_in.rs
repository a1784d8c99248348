//! Submits incidents to the engine.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::settings::Strictness;
use crate::inbound::decoded::Decoded;
use crate::inbound::input_error::InputError;
use crate::inbound::wardbell::incident;
use crate::store::query::Receipt;
use crate::web::app_state::AppState;
use crate::web::auth::Caller;
use crate::web::error::Problem;

/// An incident that was accepted, and what was cleaned in it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Accepted")]
pub(in crate::web) struct HandedIn {
    /// The same for the same event, no matter how often it is sent.
    #[serde(flatten)]
    pub receipt: Receipt,
    /// What was cut, cleaned or left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<InputError>,
}

/// The warning about names that match nobody.
pub(in crate::web) const NAMES_NOBODY: &str = "names-nobody";

/// Reads one incident and hands it to the engine; returns once it is durable.
pub(in crate::web) async fn hand_in(app: &AppState, caller: &Caller, json: &[u8]) -> Result<HandedIn, Problem> {
    let Decoded { incoming, mut warnings } = incident::decode(json, caller.strictness).map_err(Problem::invalid)?;
    warnings.extend(names_nobody(app, &incoming.involved));
    if caller.strictness == Strictness::Strict && !warnings.is_empty() {
        return Err(Problem::invalid(warnings));
    }
    let receipt = app.handle.open(caller.principal.clone(), caller.source.clone(), incoming).await?;
    Ok(HandedIn { receipt, warnings })
}

/// A misspelled name excludes no one from paging, so the sender is warned.
fn names_nobody(app: &AppState, involved: &[String]) -> Option<InputError> {
    let plan = app.handle.plan();
    let unknown = involved.iter().filter(|name| !plan.knows(name)).count();
    let message = format!(
        "{unknown} of the {} names in `involved` match no one in the rosters, so they exclude no one from paging. \
         Send a liaison's id, email address, or full name",
        involved.len()
    );
    (unknown > 0).then(|| InputError::new("/involved", NAMES_NOBODY, message))
}
