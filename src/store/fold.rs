//! The states of incidents along the record, which projections see with each record.

use std::collections::HashMap;

use chrono::TimeDelta;

use crate::domain::aggregate::Aggregate;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::journal::record::{Fact, Record, SystemEvent};
use crate::store::error::Trouble;
use crate::store::number::Number;
use crate::store::sled::database::Database;
use crate::store::states;

/// Where initial states come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The database is at the same position as the fold: it has the states before the next record.
    InStep,
    /// The database is ahead: incidents that are no longer open have their final state.
    Ahead,
}

/// The states of the incidents that consecutive records are about.
pub struct Fold<'a> {
    db: &'a Database,
    source: Source,
    stepped_ms: i64,
    touched: HashMap<IncidentId, Touched>,
}

/// An incident that a record was about.
pub struct Touched {
    pub number: Number,
    /// Its state; `None` if it never opened.
    pub incident: Option<Incident>,
    /// It was open before the first record.
    pub was_open: bool,
    /// It was closed before the first record.
    pub was_closed: bool,
    /// It has its final state, whatever earlier records say.
    is_final: bool,
}

impl<'a> Fold<'a> {
    /// Starts with the total of earlier wall clock steps.
    pub fn new(db: &'a Database, source: Source, stepped_ms: i64) -> Self {
        Self { db, source, stepped_ms, touched: HashMap::new() }
    }

    /// The total of forward wall clock steps, in milliseconds.
    pub fn stepped_ms(&self) -> i64 {
        self.stepped_ms
    }

    /// All incidents that records were about.
    pub fn touched(&self) -> impl Iterator<Item = &Touched> {
        self.touched.values()
    }

    /// The incident with this reference, if a record was about it.
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
            Fact::System(SystemEvent::ClockStepped { by_ms }) => {
                self.stepped_ms += by_ms;
                let incidents = self.touched.values_mut().filter_map(|touched| touched.incident.as_mut());
                let open = incidents.filter(|incident| incident.is_live());
                open.for_each(|incident| incident.shift(TimeDelta::milliseconds(*by_ms)));
                Ok(())
            }
            Fact::Incident(id, event) => self.take_event(record, *id, event),
            _ => Ok(()),
        }
    }

    /// Drops incidents that are closed; open ones stay.
    pub fn forget_closed(&mut self) {
        self.touched.retain(|_, touched| touched.incident.as_ref().is_some_and(Incident::is_live));
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
            (Event::Reopened(reopened), incident) => {
                *incident = Some(Incident::reopened(record.entry.at, reopened));
            }
            // The opening of an incident that was closed later may have been pruned.
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
                let incident = states::stepped(self.db, number, self.stepped_ms)?;
                Touched { was_closed: incident.is_some() && !was_open, incident, was_open, ..Touched::new(number) }
            }
            Source::Ahead => {
                Touched { incident: states::numbered(self.db, number)?, is_final: true, ..Touched::new(number) }
            }
        })
    }
}

impl Touched {
    fn new(number: Number) -> Self {
        Self { number, incident: None, was_open: false, was_closed: false, is_final: false }
    }

    /// Whether it is open, or something is still owed.
    pub fn is_open(&self) -> bool {
        self.incident.as_ref().is_some_and(Incident::is_live)
    }
}
