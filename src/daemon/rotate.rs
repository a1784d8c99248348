//! Rotates master keys while the daemon runs, and reports data keys that cannot be opened.

use std::sync::Arc;

use crate::domain::master_key::MasterKeys;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::engine::protocol::reload::Followed;
use crate::journal::error::JournalError;
use crate::journal::record::SystemEvent;
use crate::vault::Vault;
use crate::vault::rotation::Rotated;

/// The warning until all data keys are wrapped under a key from a file.
const NO_MASTER_KEY: &str = "there was no master key at startup. People are paged, but text sealed since then is lost \
                             when this process ends. Do not restart Wardbell: put the key into a file its account can \
                             read, set `master_key_file` to the full path of that file, then run `wardbell reload`";

/// Starts using the master keys from the files, if readable, and rewraps all data keys under the first one.
pub async fn follow(handle: &Handle, metrics: &Metrics, keys: Option<MasterKeys>) -> Followed {
    let Some(vault) = handle.vault().cloned() else { return Followed::default() };
    let (are_read, was_ephemeral) = (keys.is_some(), vault.is_ephemeral());
    let rotated = match keys {
        Some(keys) => rotate(handle, Arc::clone(&vault), keys).await,
        None => Ok(None),
    };
    let (is_ephemeral, is_read) = (vault.is_ephemeral(), vault.is_read());
    metrics.gauges.master_key_is_missing(is_ephemeral || !are_read);
    let told = tokio::task::spawn_blocking(move || vault.inventory()).await;
    let unreadable = match told {
        Ok(Ok((inventory, warning))) => {
            metrics.set_unreadable_data_keys(inventory.lost());
            warning
        }
        Ok(Err(error)) => Some(format!("the data keys cannot be read: {error}")),
        Err(_panicked) => Some("the data keys cannot be counted".to_owned()),
    };
    let unreadable = unreadable.or_else(|| (!is_read).then(|| "the data keys cannot be used".to_owned()));
    if !is_read {
        // The real number is unknown.
        metrics.set_unreadable_data_keys(1);
    }
    if was_ephemeral && !is_ephemeral {
        tracing::warn!("the master key is available again; text sealed without it has been kept");
    }
    let lost: Vec<String> = is_ephemeral.then(|| NO_MASTER_KEY.to_owned()).into_iter().chain(unreadable).collect();
    lost.iter().for_each(|lost| tracing::error!("{lost}"));
    let (rotated, failed) = match rotated {
        Ok(rotated) => (rotated, None),
        Err(error) => {
            let what = "the data keys could not be wrapped under the new master key; keep the previous one";
            (None, Some(format!("{what}: {error}")))
        }
    };
    Followed { rotated, failed, lost }
}

async fn rotate(handle: &Handle, vault: Arc<Vault>, keys: MasterKeys) -> Result<Option<Rotated>, RotateError> {
    let rotated = tokio::task::spawn_blocking(move || vault.rotate(keys)).await;
    let rotated = match rotated {
        Ok(Ok(rotated)) => rotated,
        Ok(Err(error)) => return Err(failed(RotateError::Vault(error))),
        Err(_panicked) => return Err(failed(RotateError::Internal)),
    };
    let Some(rotated) = rotated else { return Ok(None) };
    tracing::warn!(to = %rotated.to, keys = rotated.keys, "the data keys were rewrapped under the current master key");
    let event = SystemEvent::MasterKeyRotated { from: rotated.from.clone(), to: rotated.to, keys: rotated.keys };
    // If it cannot be recorded now, the engine keeps it and readiness reports it.
    let _recorded_later = handle.record(event).await;
    Ok(Some(rotated))
}

/// Why the data keys are still wrapped under the previous master key.
#[derive(Debug, thiserror::Error)]
enum RotateError {
    #[error(transparent)]
    Vault(JournalError),
    #[error("internal error")]
    Internal,
}

fn failed(error: RotateError) -> RotateError {
    tracing::error!(reason = %error, "the data keys could not be rewrapped; keep the previous master key");
    error
}
