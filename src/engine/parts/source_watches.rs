//! The inputs of source watches at startup and when an incident is resolved.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::playbook::matching::SOURCE_SILENT;
use crate::domain::source_watch::{SourceWatch, SourceWatchInput};
use crate::engine::parts::internal::Addressed;
use crate::engine::parts::open_incidents::OpenIncidents;

/// Inputs that bring the watches in line with the open incidents: a crash may have kept the record of only one of both.
pub fn reconciled(
    watches: &BTreeMap<SourceName, SourceWatch>,
    open: &OpenIncidents,
    now: DateTime<Utc>,
) -> Vec<Addressed> {
    let mut inputs = Vec::new();
    for (source, watch) in watches {
        let reports = |one: &&Incident| is_of(one, source) && one.resolved.is_none() && !one.heard_again;
        let reported = open.all().find(reports).map(|incident| incident.id);
        if watch.incident == reported {
            continue;
        }
        let mut tell = |input| inputs.push(Addressed::SourceWatch(source.clone(), input));
        match watch.incident {
            Some(incident) if open.incident(incident).is_some_and(|one| one.heard_again) => {
                tell(SourceWatchInput::Heard)
            }
            Some(incident) => tell(SourceWatchInput::Resolved { incident, at: now }),
            None => {}
        }
        if let Some(incident) = reported {
            tell(SourceWatchInput::Reported { incident });
        }
    }
    inputs
}

/// What an incident's resolution means for the watch whose silence it reports.
pub fn resolved(
    watches: &BTreeMap<SourceName, SourceWatch>,
    incident: IncidentId,
    at: DateTime<Utc>,
) -> Option<Addressed> {
    let (source, _) = watches.iter().find(|(_, watch)| watch.incident == Some(incident))?;
    Some(Addressed::SourceWatch(source.clone(), SourceWatchInput::Resolved { incident, at }))
}

fn is_of(incident: &Incident, source: &SourceName) -> bool {
    let is_ours = incident.source == SourceName::wardbell() && incident.class.as_ref() == SOURCE_SILENT;
    is_ours && incident.dedup_key.as_deref() == Some(source.as_str())
}
