//! Data keys that the record names and nobody has, as where the record alone was put back: people are told, and no key is
//! made by such a name.

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

/// The record is tidied while it is read: then it is begun anew, so often.
const TRIES: u32 = 3;

/// After so many records the processor is left to others for a while: pages come first.
const PAUSE_AFTER: u64 = 1_000;

/// For so long: about as long as those records take.
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps the names that the record has for open incidents; the words of others are sealed already. Only of those is
/// something read that have no key.
pub fn reserve(vault: &Vault, store: &Store, open: &[Incident]) {
    for incident in open.iter().filter(|incident| !vault.can_go_on_with(incident.id)) {
        match store.history(incident.id) {
            Ok(history) => {
                let records = history.into_iter().flat_map(|history| history.records);
                let events = records.filter_map(|record| match record.entry.fact {
                    Fact::Incident(_, event) => Some(event),
                    Fact::System(_) => None,
                });
                events.filter_map(|event| sealed_under(&event)).for_each(|key| vault.reserve(key));
            }
            Err(error) => {
                tracing::warn!(%error, "nobody can tell now which data keys the record names for open incidents");
                return;
            }
        }
    }
}

/// Compares the data keys with the whole record, once, by a thread of its own and without hurry, and tells what is lost.
///
/// # Errors
///
/// The system gives no thread.
pub fn compare(journal: PathBuf, handle: Handle, metrics: Arc<Metrics>) -> io::Result<()> {
    let Some(vault) = handle.vault().cloned().filter(|vault| vault.is_read()) else { return Ok(()) };
    let run = move || match lost(&journal, &vault) {
        Ok(0) => {}
        Ok(keys) => {
            vault.set_missing(keys);
            if let Ok((census, _)) = vault.census() {
                metrics.set_unreadable_data_keys(census.lost());
            }
            let told = format!(
                "{} that the record names cannot be found, and what was sealed under them cannot be read: bring them back \
                 with `wardbell keys import`, while the daemon is stopped",
                count(keys, "data key")
            );
            tracing::error!("{told}");
            handle.report(Part::DataKeys, Report::warnings([told]));
        }
        Err(error) => tracing::warn!(%error, "the data keys could not be compared with the record"),
    };
    thread::Builder::new().name("lost-keys".into()).spawn(run).map(drop)
}

/// How many keys the record names that the vault lacks; those of incidents that were purged are not missed.
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
        // Others need not be understood.
        if !text.contains(r#""sealed":"#) && !text.contains(r#""type":"purged""#) {
            return Ok(ControlFlow::Continue(()));
        }
        match line.record()?.entry.fact {
            Fact::Incident(id, Event::Purged { .. }) => drop(purged.insert(id)),
            Fact::Incident(_, event) => lost.extend(sealed_under(&event).filter(|key| vault.lacks(*key))),
            Fact::System(_) => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(lost.iter().filter(|key| !purged.contains(&key.incident)).count() as u64)
}
