//! Reads the whole journal into memory, for a start without a usable store.

use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::TimeDelta;

use crate::domain::aggregate::Aggregate;
use crate::domain::digest::Digest;
use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::domain::id::IncidentId;
use crate::domain::playbook::Playbook;
use crate::journal::aggregates::Aggregates;
use crate::journal::error::ReadError;
use crate::journal::port::Reader;
use crate::journal::record::{Fact, Record, SystemEvent};
use crate::store::projections::answers;
use crate::store::projections::plans::LastPlan;

/// What a start needs to continue at the end of the record.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Open incidents at the end of the record, in no particular order.
    pub incidents: Vec<Incident>,
    /// Every playbook version in the record.
    pub playbooks: Vec<(Digest, Playbook)>,
    /// The last plan in force.
    pub plan: LastPlan,
    /// All other aggregates that the record tells of.
    pub aggregates: Aggregates,
    /// How far logical time was ahead of the wall clock.
    pub ahead: TimeDelta,
    /// Incidents whose data keys must be gone.
    pub purged: Vec<IncidentId>,
    /// Without a store: the keys of all events that sources got answers to.
    pub events: Vec<Vec<u8>>,
    /// The last record that was removed because of its age.
    pub pruned_through: u64,
    /// The number of records applied to the store.
    pub replayed: u64,
    /// The store was rebuilt.
    pub rebuilt: bool,
}

/// Reads the whole record.
///
/// # Errors
///
/// If the record is damaged or cannot be read.
pub fn replay(reader: &dyn Reader) -> Result<Recovered, ReadError> {
    let mut incidents: HashMap<IncidentId, Incident> = HashMap::new();
    let mut recovered = Recovered::default();
    if let Some(earlier) = reader.start()?.checkpoint {
        recovered.ahead = TimeDelta::milliseconds(earlier.ahead_ms);
        recovered.plan.files = earlier.plan.map(|plan| plan.files).unwrap_or_default();
        recovered.aggregates = Aggregates::restored(earlier.snapshots);
    }
    reader.read_after(0, &mut |found| {
        step(&mut incidents, &mut recovered, found.record);
        ControlFlow::Continue(())
    })?;
    Ok(Recovered { incidents: incidents.into_values().collect(), ..recovered })
}

fn step(incidents: &mut HashMap<IncidentId, Incident>, recovered: &mut Recovered, record: Record) {
    recovered.aggregates.evolve(record.entry.at, &record.entry.fact);
    match record.entry.fact {
        Fact::Incident(id, Event::Opened(opened)) => {
            recovered
                .events
                .extend(opened.incident.event_id.as_deref().map(|event| answers::key(&opened.source, event)));
            incidents.insert(id, Incident::opened(id, record.entry.at, &opened));
        }
        Fact::Incident(id, Event::Reopened(reopened)) => {
            incidents.insert(id, Incident::reopened(record.entry.at, &reopened));
        }
        Fact::Incident(id, event) => {
            if let (Event::Folded(folded), Some(incident)) = (&event, incidents.get(&id)) {
                let event = folded.incident.event_id.as_deref();
                recovered.events.extend(event.map(|event| answers::key(&incident.source, event)));
            }
            incidents.get_mut(&id).into_iter().for_each(|incident| incident.evolve(record.entry.at, &event));
            if incidents.get(&id).is_some_and(|incident| !incident.is_live()) {
                incidents.remove(&id);
            }
            if matches!(event, Event::Purged { .. }) {
                recovered.purged.push(id);
            }
        }
        Fact::System(SystemEvent::ClockStepped { by_ms }) => {
            incidents.values_mut().for_each(|incident| incident.shift(TimeDelta::milliseconds(by_ms)));
        }
        Fact::System(SystemEvent::ClockSetBack { ahead_ms }) => recovered.ahead = TimeDelta::milliseconds(ahead_ms),
        Fact::System(SystemEvent::PlaybookPinned { hash, playbook }) => recovered.playbooks.push((hash, *playbook)),
        Fact::System(SystemEvent::PlanLoaded { files }) => recovered.plan.files = files,
        Fact::System(SystemEvent::FileKept { sha256, .. }) => {
            recovered.plan.kept.insert(sha256);
        }
        Fact::SourceWatch(..)
        | Fact::ChannelTest(..)
        | Fact::Person(..)
        | Fact::System(
            SystemEvent::Started { .. }
            | SystemEvent::JournalRecovered { .. }
            | SystemEvent::MasterKeyRotated { .. }
            | SystemEvent::Checkpoint(_),
        ) => {}
    }
}
