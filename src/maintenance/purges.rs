//! Completes recorded purges.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::id::IncidentId;
use crate::vault::Vault;

/// At startup, a purged incident may still have keys because the process ended in between or because old keys were
/// restored.
pub fn complete(vault: Option<&Arc<Vault>>, purged: &[IncidentId], at: DateTime<Utc>) {
    let Some(vault) = vault else { return };
    match vault.purge(purged, at) {
        Ok(0) => {}
        Ok(keys) => tracing::warn!(keys, "leftover data keys of purged incidents were destroyed"),
        Err(error) => tracing::error!(%error, "data keys of purged incidents could not be destroyed yet"),
    }
}
