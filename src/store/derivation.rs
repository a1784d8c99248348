//! Turns records into changes of the store: the same path for live updates and rebuilding.

use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::journal::record::{Fact, Record};
use crate::store::error::Trouble;
use crate::store::fold::{Fold, Source};
use crate::store::meta::Meta;
use crate::store::projection::{About, Projection, Projections, Step};
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// Records applied together: enough to share the cost, few enough not to block readers.
pub const CHUNK_RECORDS: usize = 2_048;

/// The changes to the store from consecutive records.
pub struct Derivation<'a> {
    db: &'a Database,
    meta: Meta,
    fold: Fold<'a>,
    projections: Vec<Box<dyn Projection>>,
    changes: Changes,
    records: usize,
}

impl<'a> Derivation<'a> {
    /// Starts at the database's position.
    pub fn new(db: &'a Database, meta: Meta, projections: Projections) -> Self {
        let fold = Fold::new(db, Source::InStep, meta.stepped_ms);
        Self { db, meta, fold, projections: projections(), changes: Changes::default(), records: 0 }
    }

    /// The last record that was added.
    pub fn seq(&self) -> u64 {
        self.meta.seq
    }

    /// Whether no record was added.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Whether it must be applied before the next record is added.
    pub fn is_full(&self, next: &Record) -> bool {
        self.records >= CHUNK_RECORDS && !belongs_to_chunk(next)
    }

    /// Adds the next record.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; discard the derivation.
    pub fn add(&mut self, record: &Record, line: &str, hash: Digest) -> Result<(), Trouble> {
        (self.meta.seq, self.meta.hash) = (record.seq, hash);
        self.records += 1;
        self.fold.take(record)?;
        take(&mut self.projections, (record, line), self.db, &self.fold, &mut self.changes)
    }

    /// Applies the changes.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; nothing has changed in that case.
    pub fn finish(mut self) -> Result<Meta, Trouble> {
        for projection in &mut self.projections {
            projection.finish(&self.fold, &mut self.changes)?;
        }
        self.meta.stepped_ms = self.fold.stepped_ms();
        for touched in self.fold.touched() {
            self.meta.open = self.meta.open + u64::from(touched.is_open()) - u64::from(touched.was_open);
        }
        self.db.apply(self.changes, self.meta)?;
        Ok(self.meta)
    }
}

/// Whether a record belongs to the same chunk as the one before: consequences of a repeat change the repeat's answer.
pub fn belongs_to_chunk(record: &Record) -> bool {
    matches!(&record.entry.fact, Fact::Incident(_, Event::Withdrawn { .. }))
}

/// Lets projections take a record that the fold has taken.
///
/// # Errors
///
/// See [`Trouble`].
pub fn take(
    projections: &mut [Box<dyn Projection>],
    (record, line): (&Record, &str),
    db: &Database,
    fold: &Fold<'_>,
    changes: &mut Changes,
) -> Result<(), Trouble> {
    let about = match &record.entry.fact {
        Fact::Incident(id, event) => fold.of(*id).map(|touched| (*id, event, touched)),
        _ => None,
    };
    let about = about.map(|(id, event, touched)| {
        let incident = touched.incident.as_ref();
        About { id, number: touched.number, event, incident }
    });
    let step = Step { record, line, db, about };
    projections.iter_mut().try_for_each(|projection| projection.take(&step, changes))
}
