//! What a start needs to know of a database.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::playbook::Playbook;
use crate::store::database::Database;
use crate::store::error::Trouble;
use crate::store::keys;
use crate::store::meta::Meta;
use crate::store::replay::{LastPlan, LastTest};
use crate::store::value::{bad, read_state};

/// The last record that had been pruned from the journal when the database was built; 0 where it holds all that ever was.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn built_from(db: &Database) -> Result<u64, Trouble> {
    let Some(bytes) = db.get(keys::BUILT_FROM)? else { return Ok(0) };
    Ok(u64::from_be_bytes(bytes.as_ref().try_into().map_err(|_| bad("where it was built from"))?))
}

/// All open incidents, as they stand.
///
/// # Errors
///
/// [`Trouble::Broken`] where one is missing or cannot be read.
pub fn open_incidents(db: &Database, meta: Meta) -> Result<Vec<Incident>, Trouble> {
    let mut incidents = Vec::with_capacity(usize::try_from(meta.open).unwrap_or_default());
    db.scan_long(b"o", &mut |_, bytes| {
        let mut incident = read_state(bytes, meta.stepped_ms)?;
        incident.shrink();
        incidents.push(incident);
        Ok(())
    })?;
    if incidents.len() as u64 == meta.open {
        Ok(incidents)
    } else {
        Err(Trouble::Broken(format!("it holds {} of {} open incidents", incidents.len(), meta.open)))
    }
}

/// By how much logical time is ahead of the wall clock.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn ahead(db: &Database) -> Result<TimeDelta, Trouble> {
    let Some(bytes) = db.get(keys::AHEAD)? else { return Ok(TimeDelta::zero()) };
    let bytes = bytes.as_ref().try_into().map_err(|_| bad("the wall clock's distance"))?;
    Ok(TimeDelta::milliseconds(i64::from_be_bytes(bytes)))
}

/// All versions of playbooks.
///
/// # Errors
///
/// [`Trouble::Broken`] where one cannot be read.
pub fn playbooks(db: &Database) -> Result<Vec<(Digest, Playbook)>, Trouble> {
    let mut playbooks = Vec::new();
    db.scan_long(b"p", &mut |_, bytes| {
        let playbook: Playbook = serde_json::from_slice(bytes)?;
        playbooks.push((playbook.hash(), playbook));
        Ok(())
    })?;
    Ok(playbooks)
}

/// All incidents whose data keys must be gone.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn purged(db: &Database) -> Result<Vec<IncidentId>, Trouble> {
    Ok(db.keys(keys::PURGED)?.iter().filter_map(|key| keys::purged_of(key)).collect())
}

/// What the record tells of plans.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn plan(db: &Database) -> Result<LastPlan, Trouble> {
    let files = db.get_long(keys::PLAN)?.map_or_else(|| Ok(Vec::new()), |bytes| serde_json::from_slice(&bytes))?;
    let kept = db.keys(keys::FILES)?.iter().filter_map(|key| keys::file_of(key)).collect();
    Ok(LastPlan { files, kept })
}

/// What was last learned of a channel by tests.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn test(db: &Database, channel: ChannelKind) -> Result<Option<LastTest>, Trouble> {
    let bytes = db.get(&keys::test(channel))?;
    Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
}

/// What was last learned of all channels that were tested.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn tests(db: &Database) -> Result<BTreeMap<ChannelKind, LastTest>, Trouble> {
    let tests = ChannelKind::ALL.into_iter().map(|channel| Ok(test(db, channel)?.map(|test| (channel, test))));
    tests.filter_map(Result::transpose).collect()
}
