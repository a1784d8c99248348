//! The port for projections: what each of them does with the record.
//!
//! A projection takes records in order, owns its keys, and answers its own queries. It has a version: a projection that
//! has changed, or that the database does not have yet, is rebuilt by itself when the database is opened
//! ([`build`](crate::store::build)). A new one needs a file in [`projections`](crate::store::projections) and a line in
//! its list.

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::journal::record::{Checkpoint, Record};
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::number::Number;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// A view of the record. What it has written is valid up to the last record it took.
pub trait Projection {
    /// The name under which the database stores its version. It never changes.
    fn name(&self) -> &'static str;

    /// The format of its keys and values, and the way they derive from the record.
    fn version(&self) -> u8;

    /// The first letters of its keys. Nothing else writes under them.
    fn letters(&self) -> &'static [u8];

    /// Whether it stores the incident states that the other projections receive with each record.
    fn keeps_states(&self) -> bool {
        false
    }

    /// Starts after the pruned part of the record, with data from the checkpoint.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    fn begin(&mut self, _checkpoint: &Checkpoint, _changes: &mut Changes) -> Result<(), Trouble> {
        Ok(())
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; nothing of the chunk is written in that case.
    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble>;

    /// Ends the chunk: writes what was collected. Afterwards, the database contains everything taken from the chunk.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; nothing of the chunk is written in that case.
    fn finish(&mut self, _fold: &Fold<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A record with its context.
pub struct Step<'a> {
    pub record: &'a Record,
    pub line: &'a str,
    /// The database before this chunk.
    pub db: &'a Database,
    /// The incident that it is about, if any.
    pub about: Option<About<'a>>,
}

/// The incident that a record is about.
pub struct About<'a> {
    pub id: IncidentId,
    pub number: Number,
    pub event: &'a Event,
    /// Its state afterwards; `None` if its opening was pruned.
    pub incident: Option<&'a Incident>,
}

/// Creates all projections of a store in their initial state.
pub type Projections = fn() -> Vec<Box<dyn Projection>>;
