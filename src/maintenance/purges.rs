//! Purges that are recorded and were not completed.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::id::IncidentId;
use crate::vault::Vault;

/// At a start: what the record tells to be purged may have its keys still, as the process ended in between, or old ones came
/// back.
pub fn complete(vault: Option<&Arc<Vault>>, purged: &[IncidentId], at: DateTime<Utc>) {
    let Some(vault) = vault else { return };
    match vault.purge(purged, at) {
        Ok(0) => {}
        Ok(keys) => tracing::warn!(keys, "data keys of incidents that the record tells as purged were destroyed"),
        Err(error) => tracing::error!(%error, "data keys of purged incidents could not be destroyed yet"),
    }
}
