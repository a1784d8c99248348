//! Rebuilds single projections from the journal, while the others stay.

use crate::journal::port::{Found, Reader};
use crate::store::derivation::{CHUNK_RECORDS, belongs_to_chunk, take};
use crate::store::error::Trouble;
use crate::store::fold::{Fold, Source};
use crate::store::meta::Meta;
use crate::store::projection::{Projection, Projections};
use crate::store::reading::read;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::{Database, version_key};

/// Rebuilds projections whose version differs from the one in the database.
///
/// # Errors
///
/// [`Trouble::Broken`] if the record does not go back as far as the database, which must then be rebuilt completely.
pub fn rebuild_stale(db: &Database, meta: Meta, reader: &dyn Reader, projections: Projections) -> Result<(), Trouble> {
    let mut stale = Vec::new();
    for projection in projections() {
        if db.version_of(projection.name())? != Some(projection.version()) {
            stale.push(projection);
        }
    }
    if !stale.is_empty() && reader.start()?.seq > db.built_from()? {
        return Err(Trouble::Broken("part of it has another version, and the record has been pruned since".into()));
    }
    // The others need the incident states.
    let (states, others): (Vec<_>, Vec<_>) = stale.into_iter().partition(|one| one.keeps_states());
    for (projections, source) in [(states, Source::InStep), (others, Source::Ahead)] {
        if !projections.is_empty() {
            Rebuild::begin(db, meta, projections, source)?.run(reader)?;
        }
    }
    Ok(())
}

struct Rebuild<'a> {
    db: &'a Database,
    /// The position of the database.
    meta: Meta,
    projections: Vec<Box<dyn Projection>>,
    source: Source,
    fold: Fold<'a>,
    changes: Changes,
    records: usize,
}

impl<'a> Rebuild<'a> {
    /// Clears the projections. Their versions go first: until they are written again, their data is invalid.
    fn begin(
        db: &'a Database,
        meta: Meta,
        projections: Vec<Box<dyn Projection>>,
        source: Source,
    ) -> Result<Self, Trouble> {
        let mut changes = Changes::default();
        for projection in &projections {
            tracing::info!(part = projection.name(), "rebuilding a part of the store from the journal");
            changes.remove(version_key(projection.name()));
        }
        db.apply(changes, meta)?;
        for letter in projections.iter().flat_map(|one| one.letters()) {
            db.clear(*letter)?;
        }
        let (fold, changes) = (Fold::new(db, source, 0), Changes::default());
        Ok(Self { db, meta, projections, source, fold, changes, records: 0 })
    }

    fn run(mut self, reader: &dyn Reader) -> Result<(), Trouble> {
        let start = reader.start()?;
        if let Some(checkpoint) = &start.checkpoint {
            for projection in &mut self.projections {
                projection.begin(checkpoint, &mut self.changes)?;
            }
        }
        read(reader, start.seq, self.meta.seq, &mut |found| self.take(&found))?;
        self.end_chunk()?;
        let mut versions = Changes::default();
        for projection in &self.projections {
            versions.put(version_key(projection.name()), vec![projection.version()]);
        }
        self.db.apply(versions, self.meta)
    }

    fn take(&mut self, found: &Found<'_>) -> Result<(), Trouble> {
        if self.records >= CHUNK_RECORDS && !belongs_to_chunk(&found.record) {
            self.end_chunk()?;
        }
        self.records += 1;
        self.fold.take(&found.record)?;
        take(&mut self.projections, (&found.record, found.line), self.db, &self.fold, &mut self.changes)
    }

    fn end_chunk(&mut self) -> Result<(), Trouble> {
        for projection in &mut self.projections {
            projection.finish(&self.fold, &mut self.changes)?;
        }
        self.db.apply(std::mem::take(&mut self.changes), self.meta)?;
        self.records = 0;
        match self.source {
            Source::InStep => self.fold = Fold::new(self.db, self.source, self.fold.stepped_ms()),
            Source::Ahead => self.fold.forget_closed(),
        }
        Ok(())
    }
}
