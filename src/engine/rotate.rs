//! Master keys that change while the daemon runs, and what is told of data keys that nobody can open.

use std::sync::Arc;

use crate::domain::master_key::MasterKeys;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::journal::record::HouseEvent;
use crate::vault::Vault;
use crate::vault::rotation::Rotated;

/// What is told until a master key comes that a file holds.
const NO_MASTER_KEY: &str = "the master key could not be read at the start: people are paged, and what is sealed meanwhile \
                             is lost at the next start unless the key comes back before; put the file of \
                             `master_key_file` right, then `wardbell reload`";

/// What came of the master keys of the files.
#[derive(Debug, Default)]
pub struct Followed {
    /// The data keys that were wrapped anew, if any were.
    pub rotated: Option<Rotated>,
    /// What wants mending.
    pub warnings: Vec<String>,
}

/// Takes the master keys of the files into use, where they could be read, and has all data keys wrapped under the first one.
pub async fn follow(handle: &Handle, metrics: &Metrics, keys: Option<MasterKeys>) -> Followed {
    let Some(vault) = handle.vault().cloned() else { return Followed::default() };
    let rotated = match keys {
        Some(keys) => rotate(handle, Arc::clone(&vault), keys).await,
        None => Ok(None),
    };
    let is_makeshift = vault.is_makeshift();
    metrics.gauges.master_key_is_missing(is_makeshift);
    let told = tokio::task::spawn_blocking(move || vault.census()).await;
    let lost = match told {
        Ok(Ok((census, warning))) => {
            metrics.set_unreadable_data_keys(census.lost());
            warning
        }
        Ok(Err(error)) => Some(format!("the data keys cannot be read: {error}")),
        Err(_panicked) => Some("the data keys cannot be counted".to_owned()),
    };
    let lost: Vec<String> = is_makeshift.then(|| NO_MASTER_KEY.to_owned()).into_iter().chain(lost).collect();
    lost.iter().for_each(|lost| tracing::error!("{lost}"));
    match rotated {
        Ok(rotated) => Followed { rotated, warnings: lost },
        Err(failed) => Followed { rotated: None, warnings: std::iter::once(failed).chain(lost).collect() },
    }
}

async fn rotate(handle: &Handle, vault: Arc<Vault>, keys: MasterKeys) -> Result<Option<Rotated>, String> {
    let was_makeshift = vault.is_makeshift();
    let rotated = tokio::task::spawn_blocking(move || vault.rotate(keys)).await;
    let failed = |reason: String| {
        tracing::error!(reason, "the master key was not rotated: keep the old one");
        format!("the data keys could not be wrapped under the new master key, keep the old one: {reason}")
    };
    let rotated = rotated.map_err(|_panicked| failed("it broke".to_owned()))?;
    let rotated = rotated.map_err(|error| failed(error.to_string()))?;
    if was_makeshift {
        tracing::warn!("the master key is there again, and holds what was sealed without it");
    }
    let Some(rotated) = rotated else { return Ok(None) };
    tracing::warn!(to = %rotated.to, keys = rotated.keys, "the data keys are wrapped under the current master key");
    let event = HouseEvent::MasterKeyRotated { from: rotated.from.clone(), to: rotated.to, keys: rotated.keys };
    // Where it cannot be recorded now, it is kept until it can be, and readiness tells.
    let _recorded_later = handle.tell(event).await;
    Ok(Some(rotated))
}
