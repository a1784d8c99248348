//! Bringing a database up to the journal's end, and reading from it what a start needs.

use std::ops::ControlFlow;

use crate::journal::port::{Found, Reader};
use crate::journal::record::{Fact, Record};
use crate::store::changes::Changes;
use crate::store::database::Database;
use crate::store::derive::{Derivation, belongs_to_repeat};
use crate::store::error::Trouble;
use crate::store::keys;
use crate::store::meta::Meta;
use crate::store::tree::Place;

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
