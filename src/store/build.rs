//! Opening a database as a part of a journal, and bringing it up to the journal's end.

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

/// Opens the database, makes sure that it is a part of this journal, and builds the projections again whose version is
/// another one than before.
///
/// # Errors
///
/// [`Trouble::Apart`] where it is not a part of the journal.
pub fn open(place: &Place, reader: &dyn Reader, projections: Projections) -> Result<(Database, Meta), Trouble> {
    let db = Database::open(place)?;
    let meta = begin(&db, reader, projections)?;
    match reader.hash_at(meta.seq)? {
        Some(hash) if hash == meta.hash => {
            rebuild_stale(&db, meta, reader, projections)?;
            Ok((db, meta))
        }
        Some(_) => Err(Trouble::Apart("the store was made from another journal".into())),
        // What it holds was pruned meanwhile: the rest of the record is all that is kept.
        None if meta.seq < reader.start()?.seq => Err(Trouble::Broken("it ends before the record begins".into())),
        None => Err(Trouble::Apart(format!("the store has {} records, and the journal ends earlier", meta.seq))),
    }
}

/// How far the database has come; an empty one begins behind what was pruned, with what the checkpoint tells.
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
