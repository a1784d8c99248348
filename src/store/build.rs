//! Bringing a database up to the journal's end, and reading from it what a start needs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::TimeDelta;

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::playbook::Playbook;
use crate::journal::record::{Fact, Record};
use crate::journal::{Found, Reader};
use crate::store::changes::Changes;
use crate::store::database::{Database, Meta, Trouble};
use crate::store::derive::{Derivation, belongs_to_repeat};
use crate::store::keys;
use crate::store::replay::{LastPlan, LastTest};
use crate::store::tree::Place;
use crate::store::value::{bad, read_state};

/// So many records are applied at once: enough to share the cost, few enough not to keep readers waiting.
pub const CHUNK_RECORDS: usize = 2_048;

/// Opens the database and makes sure that it is a part of this journal.
///
/// # Errors
///
/// [`Trouble::Apart`] where it is not.
pub fn open(place: &Place, reader: &dyn Reader) -> Result<(Database, Meta), Trouble> {
    let db = Database::open(place)?;
    let meta = begin(&db, reader)?;
    match reader.hash_at(meta.seq)? {
        Some(hash) if hash == meta.hash => Ok((db, meta)),
        Some(_) => Err(Trouble::Apart("the store was made from another journal".into())),
        // What it holds was pruned meanwhile: the rest of the record is all that is kept.
        None if meta.seq < reader.start()?.seq => Err(Trouble::Broken("it ends before the record begins".into())),
        None => Err(Trouble::Apart(format!("the store has {} records, and the journal ends before", meta.seq))),
    }
}

/// How far the database has come; an empty one begins behind what was pruned, with what the checkpoint tells.
fn begin(db: &Database, reader: &dyn Reader) -> Result<Meta, Trouble> {
    let meta = db.meta()?;
    if meta != Meta::START {
        return Ok(meta);
    }
    let start = reader.start()?;
    let Some(checkpoint) = start.checkpoint else { return Ok(meta) };
    let mut changes = Changes::default();
    changes.put(keys::BUILT_FROM.to_vec(), start.seq.to_be_bytes().to_vec());
    changes.put(keys::AHEAD.to_vec(), checkpoint.ahead_ms.to_be_bytes().to_vec());
    if let Some(plan) = checkpoint.plan {
        changes.put_long(keys::PLAN, &serde_json::to_vec(&plan.files)?);
    }
    let meta = Meta { seq: start.seq, hash: start.hash, ..meta };
    db.apply(changes, meta)?;
    Ok(meta)
}

/// The last record that had been pruned from the journal when the database was built; 0 where it holds all that ever was.
///
/// # Errors
///
/// [`Trouble::Broken`] where it cannot be read.
pub fn built_from(db: &Database) -> Result<u64, Trouble> {
    let Some(bytes) = db.get(keys::BUILT_FROM)? else { return Ok(0) };
    Ok(u64::from_be_bytes(bytes.as_ref().try_into().map_err(|_| bad("where it was built from"))?))
}

/// Applies what the journal holds after the database's end, up to one record; tells of each step.
///
/// # Errors
///
/// See [`Trouble`]; what was told of was applied.
pub fn catch_up(
    db: &Database,
    meta: Meta,
    reader: &dyn Reader,
    up_to: u64,
    told: &mut dyn FnMut(Meta),
) -> Result<Meta, Trouble> {
    let mut failure = None;
    let mut derivation = Some(Derivation::new(db, meta));
    let mut last = meta;
    let mut step = |found: Found<'_>| -> Result<ControlFlow<()>, Trouble> {
        if found.record.seq > up_to {
            return Ok(ControlFlow::Break(()));
        }
        if let Some(full) = derivation.take_if(|chunk| is_full(chunk, &found.record)) {
            last = full.finish()?;
            told(last);
        }
        let chunk = derivation.get_or_insert_with(|| Derivation::new(db, last));
        chunk.add(&found.record, found.line, found.hash)?;
        Ok(ControlFlow::Continue(()))
    };
    reader.read_after(meta.seq, &mut |found| {
        step(found).unwrap_or_else(|trouble| {
            failure = Some(trouble);
            ControlFlow::Break(())
        })
    })?;
    if let Some(trouble) = failure {
        return Err(trouble);
    }
    if let Some(rest) = derivation.filter(|rest| !rest.is_empty()) {
        last = rest.finish()?;
        told(last);
    }
    Ok(last)
}

/// Whether a chunk should be applied before a record is added: what a repeat led to stays with it.
pub fn is_full(chunk: &Derivation<'_>, next: &Record) -> bool {
    let belongs = matches!(&next.entry.fact, Fact::Incident(_, event) if belongs_to_repeat(event));
    chunk.len() >= CHUNK_RECORDS && !belongs
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
