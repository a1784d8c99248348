//! Master keys that change while the daemon runs, and what is told of data keys that nobody can open.

use std::sync::Arc;

use crate::domain::master_key::MasterKeys;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::engine::protocol::reload::Followed;
use crate::journal::record::SystemEvent;
use crate::vault::Vault;
use crate::vault::rotation::Rotated;

/// What is told until all is wrapped under a key that a file holds.
const NO_MASTER_KEY: &str = "there was no master key at the start: people are paged, and what is sealed meanwhile is lost with \
                             this process. Do not restart it: put the key into a file that its account may read, name that \
                             file by its whole path as `master_key_file`, then `wardbell reload`";

/// Takes the master keys of the files into use, where they could be read, and has all data keys wrapped under the first one.
pub async fn follow(handle: &Handle, metrics: &Metrics, keys: Option<MasterKeys>) -> Followed {
    let Some(vault) = handle.vault().cloned() else { return Followed::default() };
    let (are_read, was_makeshift) = (keys.is_some(), vault.is_makeshift());
    let rotated = match keys {
        Some(keys) => rotate(handle, Arc::clone(&vault), keys).await,
        None => Ok(None),
    };
    let (is_makeshift, is_read) = (vault.is_makeshift(), vault.is_read());
    metrics.gauges.master_key_is_missing(is_makeshift || !are_read);
    let told = tokio::task::spawn_blocking(move || vault.census()).await;
    let unreadable = match told {
        Ok(Ok((census, warning))) => {
            metrics.set_unreadable_data_keys(census.lost());
            warning
        }
        Ok(Err(error)) => Some(format!("the data keys cannot be read: {error}")),
        Err(_panicked) => Some("the data keys cannot be counted".to_owned()),
    };
    let unreadable = unreadable.or_else(|| (!is_read).then(|| "the data keys cannot be used".to_owned()));
    if !is_read {
        // How many there are nobody knows.
        metrics.set_unreadable_data_keys(1);
    }
    if was_makeshift && !is_makeshift {
        tracing::warn!("there is a master key again, and what was sealed without it is kept");
    }
    let lost: Vec<String> = is_makeshift.then(|| NO_MASTER_KEY.to_owned()).into_iter().chain(unreadable).collect();
    lost.iter().for_each(|lost| tracing::error!("{lost}"));
    let (rotated, failed) = match rotated {
        Ok(rotated) => (rotated, None),
        Err(reason) => (None, Some(reason)),
    };
    Followed { rotated, failed, lost }
}

async fn rotate(handle: &Handle, vault: Arc<Vault>, keys: MasterKeys) -> Result<Option<Rotated>, String> {
    let rotated = tokio::task::spawn_blocking(move || vault.rotate(keys)).await;
    let failed = |reason: String| {
        tracing::error!(reason, "the data keys were not wrapped anew: keep the master key before");
        format!("the data keys could not be wrapped under the new master key, keep the one before: {reason}")
    };
    let rotated = rotated.map_err(|_panicked| failed("it broke".to_owned()))?;
    let Some(rotated) = rotated.map_err(|error| failed(error.to_string()))? else { return Ok(None) };
    tracing::warn!(to = %rotated.to, keys = rotated.keys, "the data keys are wrapped under the current master key");
    let event = SystemEvent::MasterKeyRotated { from: rotated.from.clone(), to: rotated.to, keys: rotated.keys };
    // Where it cannot be recorded now, it is kept until it can be, and readiness tells.
    let _recorded_later = handle.record(event).await;
    Ok(Some(rotated))
}
