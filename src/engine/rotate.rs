//! Master keys that change while the daemon runs, and what is told of data keys that nobody can open.

use std::sync::Arc;

use crate::domain::master_key::MasterKeys;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::journal::record::HouseEvent;
use crate::vault::Vault;

/// Takes the master keys of the files into use, where they could be read, and has all data keys wrapped under the first one.
/// Returns what wants mending.
pub async fn follow(handle: &Handle, metrics: &Metrics, keys: Option<MasterKeys>) -> Option<String> {
    let vault = Arc::clone(handle.vault()?);
    let rotated = match keys {
        Some(keys) => rotate(handle, Arc::clone(&vault), keys).await,
        None => Ok(()),
    };
    let told = tokio::task::spawn_blocking(move || vault.census()).await;
    let lost = match told {
        Ok(Ok((census, warning))) => {
            metrics.set_unreadable_data_keys(census.lost());
            warning
        }
        Ok(Err(error)) => Some(format!("the data keys cannot be read: {error}")),
        Err(_panicked) => Some("the data keys cannot be counted".to_owned()),
    };
    lost.iter().for_each(|lost| tracing::error!("{lost}"));
    rotated.err().or(lost)
}

async fn rotate(handle: &Handle, vault: Arc<Vault>, keys: MasterKeys) -> Result<(), String> {
    let rotated = tokio::task::spawn_blocking(move || vault.rotate(keys)).await;
    let failed = |reason: String| {
        tracing::error!(reason, "the master key was not rotated: keep the old one");
        format!("the data keys could not be wrapped under the new master key, keep the old one: {reason}")
    };
    let rotated = rotated.map_err(|_panicked| failed("it broke".to_owned()))?;
    let Some(rotated) = rotated.map_err(|error| failed(error.to_string()))? else { return Ok(()) };
    tracing::warn!(to = %rotated.to, keys = rotated.keys, "the master key was rotated: the old one can go");
    let event = HouseEvent::MasterKeyRotated { from: rotated.from, to: rotated.to, keys: rotated.keys };
    // Where it cannot be recorded now, it is kept until it can be, and readiness tells.
    let _recorded_later = handle.tell(event).await;
    Ok(())
}
