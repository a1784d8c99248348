//! Counts records for metrics.

use std::time::Duration;

use crate::domain::escalation::event::Event;
use crate::domain::escalation::incident::Incident;
use crate::engine::metrics::Metrics;
use crate::journal::record::{Fact, Record};

pub fn count(metrics: &Metrics, record: &Record, incident: Option<&Incident>) {
    let Fact::Incident(_, event) = &record.entry.fact else { return };
    if let Some((_, reason, pages)) = event.pages() {
        pages.iter().for_each(|_| metrics.page_made(reason));
    }
    match event {
        Event::Opened(opened) => metrics.accepted(&opened.source),
        Event::Folded(_) => {
            if let Some(incident) = incident {
                metrics.folded(&incident.source);
            }
        }
        Event::StepFired(fired) => {
            metrics.step_fired((record.entry.at - fired.due_at).to_std().unwrap_or_default());
        }
        Event::Attempted { channel, outcome, .. } => metrics.attempted(*channel, outcome),
        Event::Acknowledged { .. } => {
            metrics.acknowledged();
            if let Some(after) = incident.and_then(|incident| first_answer(record, incident)) {
                metrics.first_acknowledged(after);
            }
        }
        Event::Declined { .. } => metrics.declined(),
        _ => {}
    }
}

/// How long the first acknowledgement took, if this is it.
fn first_answer(record: &Record, incident: &Incident) -> Option<Duration> {
    let acknowledged = incident.tracks.iter().filter(|track| track.acknowledged.is_some()).count();
    let opened = incident.tracks.iter().map(|track| track.base).min()?;
    if acknowledged == 1 { (record.entry.at - opened).to_std().ok() } else { None }
}
