//! The states of incidents along the record, which the projections see with each record.

use std::collections::HashMap;

use chrono::TimeDelta;

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::journal::record::{Fact, HouseEvent, Record};
use crate::store::error::Trouble;
use crate::store::number::Number;
use crate::store::sled::database::Database;
use crate::store::states;

/// Where the states come from that were not met yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The database has come as far as the fold: its states are those before the next record.
    InStep,
    /// The database is ahead: what is not open by now was closed, and stands as it will stand.
    Ahead,
}

/// The states of the incidents that some records, one after the other, are about.
pub struct Fold<'a> {
    db: &'a Database,
    source: Source,
    stepped_ms: i64,
    touched: HashMap<IncidentId, Touched>,
}

/// An incident that a record was about.
pub struct Touched {
    /// Its number.
    pub number: Number,
    /// Where it stands; `None` for one that never opened.
    pub incident: Option<Incident>,
    /// It was open before the first record.
    pub was_open: bool,
    /// It stands as it will, whatever the records before that say.
    is_final: bool,
}

impl<'a> Fold<'a> {
    /// Begins where the wall clock has jumped ahead by so much.
    pub fn new(db: &'a Database, source: Source, stepped_ms: i64) -> Self {
        Self { db, source, stepped_ms, touched: HashMap::new() }
    }

    /// By how much the wall clock has jumped ahead, in milliseconds.
    pub fn stepped_ms(&self) -> i64 {
        self.stepped_ms
    }

    /// All incidents that records were about.
    pub fn touched(&self) -> impl Iterator<Item = &Touched> {
        self.touched.values()
    }

    /// The incident of that reference, if a record was about it.
    pub fn of(&self, id: IncidentId) -> Option<&Touched> {
        self.touched.get(&id)
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// See [`Trouble`].
    pub fn take(&mut self, record: &Record) -> Result<(), Trouble> {
        match &record.entry.fact {
            Fact::House(HouseEvent::ClockStepped { by_ms }) => {
                self.stepped_ms += by_ms;
                let incidents = self.touched.values_mut().filter_map(|touched| touched.incident.as_mut());
                let open = incidents.filter(|incident| incident.resolved.is_none());
                open.for_each(|incident| incident.shift(TimeDelta::milliseconds(*by_ms)));
                Ok(())
            }
            Fact::House(_) => Ok(()),
            Fact::Incident(id, event) => self.take_event(record, *id, event),
        }
    }

    /// Forgets the incidents that are closed; those that are open stay as they are.
    pub fn forget_closed(&mut self) {
        self.touched.retain(|_, touched| touched.incident.as_ref().is_some_and(|one| one.resolved.is_none()));
    }

    fn take_event(&mut self, record: &Record, id: IncidentId, event: &Event) -> Result<(), Trouble> {
        if !self.touched.contains_key(&id) {
            let touched = match event {
                Event::Opened(_) => Touched::new(Number(record.seq)),
                _ => self.look_up(id, record.seq)?,
            };
            self.touched.insert(id, touched);
        }
        let Some(touched) = self.touched.get_mut(&id) else { return Ok(()) };
        match (event, &mut touched.incident) {
            _ if touched.is_final => {}
            (Event::Opened(opened), incident) => *incident = Some(Incident::opened(id, record.entry.at, opened)),
            (_, Some(incident)) => incident.evolve(record.entry.at, event),
            // The opening of one that was closed later may have been pruned.
            (_, None) if self.db.built_from()? == 0 => {
                tracing::warn!(incident = %id, seq = record.seq, "the record mentions an incident that was never opened");
            }
            (_, None) => {}
        }
        Ok(())
    }

    fn look_up(&self, id: IncidentId, seq: u64) -> Result<Touched, Trouble> {
        let Some(number) = states::number(self.db, id)? else { return Ok(Touched::new(Number(seq))) };
        Ok(match self.source {
            Source::InStep => {
                let was_open = states::is_open(self.db, number)?;
                Touched {
                    incident: states::stepped(self.db, number, self.stepped_ms)?,
                    was_open,
                    ..Touched::new(number)
                }
            }
            Source::Ahead => {
                Touched { incident: states::numbered(self.db, number)?, is_final: true, ..Touched::new(number) }
            }
        })
    }
}

impl Touched {
    fn new(number: Number) -> Self {
        Self { number, incident: None, was_open: false, is_final: false }
    }

    /// Whether it is open by now.
    pub fn is_open(&self) -> bool {
        self.incident.as_ref().is_some_and(|incident| incident.resolved.is_none())
    }
}
