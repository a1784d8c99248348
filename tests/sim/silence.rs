//! A second opinion on sources that must be heard from: how long each has been silent, and whether anybody knows.

use wardbell::domain::escalation::event::Event;
use wardbell::domain::id::{IncidentId, SourceName};
use wardbell::domain::source_watch::SourceWatchEvent;
use wardbell::journal::record::Fact;

use crate::invariants::Broken;
use crate::ledger::Ledger;

/// One source that must be heard from, in true time.
#[derive(Debug, Clone)]
pub struct Watched {
    pub name: &'static str,
    pub within_ms: u64,
    pub since: u64,
    /// The incident that tells of the silence that lasts.
    pub told: Option<IncidentId>,
    /// It was told of too early.
    pub early: Option<u64>,
}

impl Watched {
    pub fn new(name: &'static str, minutes: u64) -> Self {
        Self { name, within_ms: minutes * 60_000, since: 0, told: None, early: None }
    }
}

impl Ledger {
    /// A source has spoken to a process that runs.
    pub fn heard(&mut self, name: &str) {
        let now = self.now;
        for source in self.watched.iter_mut().filter(|source| source.name == name) {
            (source.since, source.told) = (now, None);
        }
    }

    /// The waiting starts with the process; a silence that an open incident tells of goes on.
    pub fn wait_anew(&mut self) {
        for source in &mut self.watched {
            let mut open = self.incidents.values().filter(|one| one.resolved.is_none() && !one.heard_again);
            let tells =
                open.find(|one| one.source == SourceName::wardbell() && one.dedup_key.as_deref() == Some(source.name));
            (source.since, source.told) = (self.now, tells.map(|incident| incident.id));
        }
    }

    /// What the record tells of silences.
    pub fn take_silence(&mut self, id: IncidentId, event: &Event, is_late: bool) {
        let Some(incident) = self.incidents.get(&id).filter(|one| one.source == SourceName::wardbell()) else { return };
        let Some(key) = incident.dedup_key.as_deref() else { return };
        let (now, life) = (self.now, self.lives.entry(id).or_default());
        // Like an incident that a source was answered, what the daemon tells of itself must lead to a page.
        life.is_answered = true;
        for source in self.watched.iter_mut().filter(|source| source.name == key) {
            match event {
                Event::Opened(_) | Event::Folded(_) => {
                    if !is_late && source.told.is_none() && now + 1_050 < source.since + source.within_ms {
                        source.early = Some(source.since + source.within_ms - now);
                    }
                    source.told = Some(id);
                }
                // It is known since it was heard; what tells of the silence before may be recorded later.
                Event::HeardAgain { .. } if source.told == Some(id) => source.told = None,
                Event::Resolved { .. } if source.told == Some(id) => (source.since, source.told) = (now, None),
                _ => {}
            }
        }
    }
}

impl Ledger {
    /// What the record tells of a watch: it names the incident that reports the silence, and no other.
    pub fn take_watch(&mut self, source: &SourceName, event: &SourceWatchEvent) {
        let (SourceWatchEvent::Silent { incident }
        | SourceWatchEvent::HeardAgain { incident }
        | SourceWatchEvent::IncidentResolved { incident }) = event;
        let is_right = self.incidents.get(incident).is_some_and(|one| {
            let is_of_source =
                one.source == SourceName::wardbell() && one.dedup_key.as_deref() == Some(source.as_str());
            let fits = match event {
                SourceWatchEvent::Silent { .. } => one.resolved.is_none(),
                SourceWatchEvent::HeardAgain { .. } => one.heard_again || one.resolved.is_some(),
                SourceWatchEvent::IncidentResolved { .. } => one.resolved.is_some(),
            };
            is_of_source && fits
        });
        if !is_right {
            self.faults.push(format!("the watch of {source} says {event:?}"));
        }
    }
}

/// The fallback department is told of a silence within a second after its time, and not before.
pub fn a_silent_source_is_told_of(ledger: &Ledger) -> Broken {
    for source in &ledger.watched {
        if let Some(early) = source.early {
            return Err(format!("{} was called silent {early} ms early", source.name));
        }
        let due = (source.since + source.within_ms).max(ledger.calm_since);
        if ledger.is_up && ledger.journal_works && source.told.is_none() && ledger.now > due + 1_000 {
            return Err(format!("{} has been silent for {} ms too long", source.name, ledger.now - due));
        }
    }
    Ok(())
}

/// Each silence is one incident: what is opened tells of a source that nobody was told of.
pub fn a_silence_is_told_of_once(ledger: &Ledger) -> Broken {
    for source in &ledger.watched {
        let ours = ledger.fresh.iter().filter(|fresh| !fresh.is_late).filter(|fresh| match &fresh.record.entry.fact {
            Fact::Incident(id, Event::Opened(_) | Event::Folded(_)) => {
                let incident = &ledger.incidents[id];
                incident.source == SourceName::wardbell() && incident.dedup_key.as_deref() == Some(source.name)
            }
            _ => false,
        });
        let count = ours.count();
        if count > 1 {
            return Err(format!("the silence of {} was told of {count} times at once", source.name));
        }
    }
    Ok(())
}
