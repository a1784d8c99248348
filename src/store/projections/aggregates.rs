//! The snapshots of aggregates other than incidents.

use std::collections::BTreeMap;

use crate::journal::aggregates::Aggregates;
use crate::journal::record::{Checkpoint, Fact, SystemEvent};
use crate::journal::snapshot::Snapshot;
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::projection::{Projection, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// Keys and values as the database has them.
type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

const LETTER: u8 = b'a';

/// Writes the snapshots that have changed in the chunk, and removes those of aggregates that no longer live.
#[derive(Default)]
pub struct LivingAggregates {
    /// The states at the current record, and the keys of their snapshots in the database.
    states: Option<(Aggregates, Pairs)>,
}

impl Projection for LivingAggregates {
    fn name(&self) -> &'static str {
        "aggregates"
    }

    fn version(&self) -> u8 {
        1
    }

    fn letters(&self) -> &'static [u8] {
        &[LETTER]
    }

    fn begin(&mut self, checkpoint: &Checkpoint, changes: &mut Changes) -> Result<(), Trouble> {
        let kept = pairs(checkpoint.snapshots.clone())?;
        kept.iter().for_each(|(key, value)| changes.put(key.clone(), value.clone()));
        self.states = Some((Aggregates::restored(checkpoint.snapshots.clone()), kept));
        Ok(())
    }

    fn take(&mut self, step: &Step<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        let entry = &step.record.entry;
        let concerns_none =
            matches!(&entry.fact, Fact::Incident(..)) || matches!(&entry.fact, Fact::System(event) if !is_step(event));
        if concerns_none {
            return Ok(());
        }
        let states = match self.states.take() {
            Some(states) => states,
            None => {
                let all = all(step.db)?;
                let kept = pairs(all.snapshots())?;
                (all, kept)
            }
        };
        let (all, _) = self.states.insert(states);
        all.evolve(entry.at, &entry.fact);
        Ok(())
    }

    fn finish(&mut self, _fold: &Fold<'_>, changes: &mut Changes) -> Result<(), Trouble> {
        let Some((all, kept)) = self.states.take() else { return Ok(()) };
        let after = pairs(all.snapshots())?;
        for key in kept.keys().filter(|key| !after.contains_key(*key)) {
            changes.remove(key.clone());
        }
        for (key, value) in after {
            if kept.get(&key) != Some(&value) {
                changes.put(key, value);
            }
        }
        Ok(())
    }
}

/// Whether an event moves deadlines.
fn is_step(event: &SystemEvent) -> bool {
    matches!(event, SystemEvent::ClockStepped { .. })
}

/// All aggregates that live.
///
/// # Errors
///
/// [`Trouble::Broken`] if one cannot be read.
pub fn all(db: &Database) -> Result<Aggregates, Trouble> {
    let mut all = Aggregates::default();
    for key in db.keys(&[LETTER])? {
        let bytes = db.get(&key)?.ok_or_else(|| Trouble::unreadable("a snapshot"))?;
        all.restore(serde_json::from_slice(&bytes)?);
    }
    Ok(all)
}

fn pairs(snapshots: Vec<Snapshot>) -> Result<Pairs, Trouble> {
    let pair = |snapshot: Snapshot| Ok((key(&snapshot), serde_json::to_vec(&snapshot)?));
    snapshots.into_iter().map(pair).collect()
}

fn key(snapshot: &Snapshot) -> Vec<u8> {
    let text = match snapshot {
        Snapshot::SourceWatch { id, .. } => format!("source-watch/{id}"),
        Snapshot::ChannelTest { id, .. } => format!("channel-test/{id}"),
        Snapshot::Person { id, .. } => format!("person/{id}"),
    };
    [&[LETTER][..], text.as_bytes()].concat()
}
