//! `POST /api/v1/reload`: reloads rosters and playbooks and reports the result.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::permission::Permission;
use crate::domain::plan::PlanFile;
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reload::{Findings, InForce, Reloaded};
use crate::vault::rotation::Rotated;
use crate::web::app_state::Shared;
use crate::web::auth::Caller;
use crate::web::error::{Kind, Problem};
use crate::web::read::json;

/// The response comes no later than this even if the disk is not responding: clients give up after 30 seconds.
const READ_WITHIN: Duration = Duration::from_secs(20);

const STILL_READING: &str = "Wardbell is still reading the files. Run `wardbell reload` again in a minute to see the \
                             result.";

/// Answers once the new plan is in use and recorded, or with every error in the files. The reload finishes even if the
/// caller disconnects.
pub(in crate::web) async fn reload(State(app): Shared, caller: Caller) -> Result<Response, Problem> {
    let operator = caller.require(Permission::Admin)?;
    tracing::info!(operator = operator.id(), "operator requested a reload");
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
        Err(Refused::CannotRecord(_)) => {
            Err(Problem::new(Kind::CannotRecord, "The new version is in use; it will be recorded as soon as possible"))
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Reloaded")]
pub(in crate::web) struct Answer<'a> {
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
