//! Finds data keys that the journal names but the vault lacks, for example after only the journal was restored. They
//! are reported, and their names are never reused.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::domain::count::count;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::sealed::DataKeyId;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;
use crate::engine::protocol::readiness::{Part, Report};
use crate::journal::error::ReadError;
use crate::journal::record::Fact;
use crate::journal::walk::walk;
use crate::store::Store;
use crate::vault::Vault;
use crate::vault::opening::sealed_under;

/// How often to start over if maintenance changes the journal during the check.
const TRIES: u32 = 3;

/// After this many records the thread pauses, because paging comes first.
const PAUSE_AFTER: u64 = 1_000;

/// The pause: about as long as those records take.
const PAUSE: Duration = Duration::from_millis(20);

/// Reserves the key names of open incidents. Closed incidents are already sealed. Reads only incidents without a key.
pub fn reserve(vault: &Vault, store: &Store, open: &[Incident]) {
    for incident in open.iter().filter(|incident| !vault.can_go_on_with(incident.id)) {
        match store.history(incident.id) {
            Ok(history) => {
                let records = history.into_iter().flat_map(|history| history.records);
                let events = records.filter_map(|record| match record.entry.fact {
                    Fact::Incident(_, event) => Some(event),
                    _ => None,
                });
                events.filter_map(|event| sealed_under(&event)).for_each(|key| vault.reserve(key));
            }
            Err(error) => {
                tracing::warn!(%error, "cannot check which data keys open incidents use");
                return;
            }
        }
    }
}

/// Checks the whole journal once for missing data keys, on a background thread, and reports them.
///
/// # Errors
///
/// The thread cannot be started.
pub fn compare(journal: PathBuf, handle: Handle, metrics: Arc<Metrics>) -> io::Result<()> {
    let Some(vault) = handle.vault().cloned().filter(|vault| vault.is_read()) else { return Ok(()) };
    let run = move || match lost(&journal, &vault) {
        Ok(0) => {}
        Ok(keys) => {
            vault.set_missing(keys);
            if let Ok((inventory, _)) = vault.inventory() {
                metrics.set_unreadable_data_keys(inventory.lost());
            }
            let told = format!(
                "{} missing; text sealed with them cannot be read. Stop Wardbell and restore them with `wardbell keys \
                 import`",
                count(keys, "data key")
            );
            tracing::error!("{told}");
            handle.report(Part::DataKeys, Report::warnings([told]));
        }
        Err(error) => tracing::warn!(%error, "cannot check the journal for missing data keys"),
    };
    thread::Builder::new().name("lost-keys".into()).spawn(run).map(drop)
}

/// How many keys the journal names that the vault lacks, except those of purged incidents.
fn lost(journal: &Path, vault: &Vault) -> Result<u64, ReadError> {
    let mut outcome = look(journal, vault);
    for _ in 1..TRIES {
        if outcome.is_ok() {
            break;
        }
        outcome = look(journal, vault);
    }
    outcome
}

fn look(journal: &Path, vault: &Vault) -> Result<u64, ReadError> {
    let (mut lost, mut purged): (BTreeSet<DataKeyId>, _) = (BTreeSet::new(), BTreeSet::new());
    walk(journal, 0, &mut |line, text| {
        if line.seq.is_multiple_of(PAUSE_AFTER) {
            thread::sleep(PAUSE);
        }
        // Other records are not relevant.
        if !text.contains(r#""sealed":"#) && !text.contains(r#""type":"purged""#) {
            return Ok(ControlFlow::Continue(()));
        }
        match line.record()?.entry.fact {
            Fact::Incident(id, Event::Purged { .. }) => drop(purged.insert(id)),
            Fact::Incident(_, event) => lost.extend(sealed_under(&event).filter(|key| vault.lacks(*key))),
            _ => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(lost.iter().filter(|key| !purged.contains(&key.incident)).count() as u64)
}
