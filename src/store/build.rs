//! Opens a database as a part of a journal, and brings it up to date.

use crate::journal::port::Reader;
use crate::store::derivation::Derivation;
use crate::store::error::Trouble;
use crate::store::meta::Meta;
use crate::store::projection::Projections;
use crate::store::reading::read;
use crate::store::rebuild::rebuild_stale;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::{BUILT_FROM, Database, version_key};
use crate::store::sled::tree::Place;

/// Opens the database, makes sure that it belongs to this journal, and rebuilds projections whose version has changed.
///
/// # Errors
///
/// [`Trouble::Apart`] if it does not belong to the journal.
pub fn open(place: &Place, reader: &dyn Reader, projections: Projections) -> Result<(Database, Meta), Trouble> {
    let db = Database::open(place)?;
    let meta = begin(&db, reader, projections)?;
    match reader.hash_at(meta.seq)? {
        Some(hash) if hash == meta.hash => {
            rebuild_stale(&db, meta, reader, projections)?;
            Ok((db, meta))
        }
        Some(_) => Err(Trouble::Apart("the store was made from another journal".into())),
        // The database's records were pruned since: only the rest of the record is kept.
        None if meta.seq < reader.start()?.seq => Err(Trouble::Broken("it ends before the record begins".into())),
        None => Err(Trouble::Apart(format!("the store has {} records, and the journal ends earlier", meta.seq))),
    }
}

/// The position of the database; an empty one starts after the pruned part, with data from the checkpoint.
fn begin(db: &Database, reader: &dyn Reader, projections: Projections) -> Result<Meta, Trouble> {
    let meta = db.meta()?;
    if meta != Meta::START {
        return Ok(meta);
    }
    let start = reader.start()?;
    let mut changes = Changes::default();
    for mut projection in projections() {
        changes.put(version_key(projection.name()), vec![projection.version()]);
        if let Some(checkpoint) = &start.checkpoint {
            projection.begin(checkpoint, &mut changes)?;
        }
    }
    if start.checkpoint.is_some() {
        changes.put(BUILT_FROM.to_vec(), start.seq.to_be_bytes().to_vec());
    }
    let meta = Meta { seq: start.seq, hash: start.hash, ..meta };
    db.apply(changes, meta)?;
    Ok(meta)
}

/// Applies journal records after the database's position, up to a given record; reports each step.
///
/// # Errors
///
/// See [`Trouble`]; reported steps were applied.
pub fn catch_up(
    db: &Database,
    meta: Meta,
    reader: &dyn Reader,
    up_to: u64,
    projections: Projections,
    told: &mut dyn FnMut(Meta),
) -> Result<Meta, Trouble> {
    let mut derivation = Some(Derivation::new(db, meta, projections));
    let mut last = meta;
    read(reader, meta.seq, up_to, &mut |found| {
        if let Some(full) = derivation.take_if(|chunk| chunk.is_full(&found.record)) {
            last = full.finish()?;
            told(last);
        }
        let chunk = derivation.get_or_insert_with(|| Derivation::new(db, last, projections));
        chunk.add(&found.record, found.line, found.hash)
    })?;
    if let Some(rest) = derivation.filter(|rest| !rest.is_empty()) {
        last = rest.finish()?;
        told(last);
    }
    Ok(last)
}
