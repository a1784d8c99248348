//! The port of projections: what each of them does with the record.
//!
//! A projection takes the records in their order, owns its keys, and answers its own questions. It has a version: one that
//! has changed, or that the database does not have yet, is built again alone when the database is opened
//! ([`build`](crate::store::build)). A new one is a file in [`projections`](crate::store::projections) and a line in its
//! list.

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::journal::record::{Checkpoint, Record};
use crate::store::error::Trouble;
use crate::store::fold::Fold;
use crate::store::number::Number;
use crate::store::sled::changes::Changes;
use crate::store::sled::database::Database;

/// One way to look at the record. What it has written holds for all records up to the last one that it took.
pub trait Projection {
    /// Under this name the database keeps its version. It never changes.
    fn name(&self) -> &'static str;

    /// Which form its keys and values have, and how they follow from the record.
    fn version(&self) -> u8;

    /// What its keys begin with: one of these letters. Nothing else writes under them.
    fn letters(&self) -> &'static [u8];

    /// Whether the states of incidents lie under its keys, which the others are given with each record.
    fn keeps_states(&self) -> bool {
        false
    }

    /// Begins behind what was pruned from the record, with what the checkpoint says of it.
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
    /// See [`Trouble`]; nothing of the chunk is written then.
    fn take(&mut self, step: &Step<'_>, changes: &mut Changes) -> Result<(), Trouble>;

    /// The chunk ends: writes what was gathered over it. What it took of the chunk lies in the database afterwards.
    ///
    /// # Errors
    ///
    /// See [`Trouble`]; nothing of the chunk is written then.
    fn finish(&mut self, _fold: &Fold<'_>, _changes: &mut Changes) -> Result<(), Trouble> {
        Ok(())
    }
}

/// A record, and what a projection may want to know beside it.
pub struct Step<'a> {
    /// As it was read or appended.
    pub record: &'a Record,
    /// Its line.
    pub line: &'a str,
    /// As it was before this chunk.
    pub db: &'a Database,
    /// The incident that it is about, if it is about one.
    pub about: Option<About<'a>>,
}

/// The incident that a record is about.
pub struct About<'a> {
    /// Its reference.
    pub id: IncidentId,
    /// Its number.
    pub number: Number,
    /// What happened to it.
    pub event: &'a Event,
    /// Where it stands after that; none where its opening was pruned.
    pub incident: Option<&'a Incident>,
}

/// Makes all projections of a store, each as it is before it has taken anything.
pub type Projections = fn() -> Vec<Box<dyn Projection>>;
