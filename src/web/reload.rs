//! `POST /api/v1/reload`: reads rosters and playbooks again at once, and reports the result.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;

use crate::config::settings::Permission;
use crate::domain::plan::PlanFile;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reload::{Findings, InForce, Reloaded};
use crate::vault::rotation::Rotated;
use crate::web::app_state::Shared;
use crate::web::error::{Kind, Problem};
use crate::web::read::json;

/// The answer comes no later than this, even if the disk with the files does not answer: clients give up after 30 seconds.
const READ_WITHIN: Duration = Duration::from_secs(20);

const STILL_READING: &str = "Wardbell is still reading the files. Run `wardbell reload` again in a minute to see whether they \
                             are in force.";

/// Answers once the new plan is in force and recorded, or with every error in the files. A reload goes on to its end even if
/// the answer is no longer waited for.
pub(in crate::web) async fn reload(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let operator = app.keyring.operator(request.headers(), Permission::Admin)?;
    tracing::info!(operator = %operator, "asked to read the files again");
    let reloaded = tokio::time::timeout(READ_WITHIN, Arc::clone(&app.reloader).reload()).await;
    match reloaded.map_err(|_late| Problem::new(Kind::NotKnownYet, STILL_READING))? {
        Ok(Reloaded::InForce(in_force)) => {
            let InForce { files, changed, keys, from_next_start, loaded } = *in_force;
            let (rosters, playbooks) = (loaded.rosters, loaded.playbooks);
            let findings = Arc::clone(&app.reloader).findings(loaded).await?;
            Ok(json(&Answer {
                changed: &changed,
                rosters,
                playbooks,
                files: &files,
                rotated: keys.rotated.as_ref(),
                rotation_failed: keys.failed.as_deref(),
                from_next_start: &from_next_start,
                errors: findings.errors(),
                warnings: findings.warnings(),
                diagnostics: &findings,
            }))
        }
        Ok(Reloaded::Refused(loaded)) => Err(Problem::files(Arc::clone(&app.reloader).findings(*loaded).await?)),
        Err(Refused::CannotRecord(_)) => Err(Problem::new(
            Kind::CannotRecord,
            "the new files are in force; they are recorded as soon as that is possible",
        )),
        Err(other) => Err(other.into()),
    }
}

#[derive(Serialize)]
struct Answer<'a> {
    changed: &'a [String],
    rosters: usize,
    playbooks: usize,
    files: &'a [PlanFile],
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated: Option<&'a Rotated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotation_failed: Option<&'a str>,
    from_next_start: &'a [String],
    errors: usize,
    warnings: usize,
    diagnostics: &'a Findings,
}
