//! Monitors sources: how long each has been silent, and the incident that reports it.
//!
//! A timeout starts when the source last sent something, or at startup, because this is not recorded. Clock jumps do
//! not affect it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::playbook::matching::SOURCE_SILENT;
use crate::domain::wait::Wait;

/// The sources that have a token, each with its silence.
#[derive(Default)]
pub struct SourceSilence {
    sources: BTreeMap<SourceName, Source>,
}

struct Source {
    /// How long it may be silent, if it is monitored.
    within: Option<Wait>,
    /// In logical time. Startup or the end of the last silence's incident, if later.
    since: DateTime<Utc>,
    reported: Reported,
}

/// Whether the current silence was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reported {
    /// Not yet.
    No,
    /// By this unresolved incident.
    By(IncidentId),
    /// No playbook matches, so it cannot be.
    Never,
}

impl SourceSilence {
    /// Monitors each of `known` from now on, as `heard_within` says. A silence with an open incident continues.
    pub fn new<'a>(
        known: Vec<SourceName>,
        heard_within: &BTreeMap<SourceName, Wait>,
        open: impl Iterator<Item = &'a Incident>,
        now: DateTime<Utc>,
    ) -> Self {
        let source = |name: SourceName| (name, Source { within: None, since: now, reported: Reported::No });
        let mut silence = Self { sources: known.into_iter().map(source).collect() };
        silence.replan(heard_within, now);
        let ours = |one: &&Incident| one.source == SourceName::wardbell() && one.class.as_ref() == SOURCE_SILENT;
        for incident in open.filter(ours).filter(|one| one.resolved.is_none() && !one.heard_again) {
            let key = incident.dedup_key.as_deref().and_then(|key| key.parse::<SourceName>().ok());
            if let Some(source) = key.and_then(|key| silence.sources.get_mut(&key)) {
                source.reported = Reported::By(incident.id);
            }
        }
        silence
    }

    /// The plan changed. Newly monitored sources are timed from now on.
    pub fn replan(&mut self, heard_within: &BTreeMap<SourceName, Wait>, now: DateTime<Utc>) {
        for (name, source) in &mut self.sources {
            let within = heard_within.get(name).copied();
            if source.within.is_none() && within.is_some() {
                source.since = now;
            }
            source.within = within;
        }
    }

    /// A source sent something. Returns the incident of its silence, if any.
    pub fn heard(&mut self, name: &SourceName, now: DateTime<Utc>) -> Option<IncidentId> {
        let source = self.sources.get_mut(name)?;
        source.since = now;
        match std::mem::replace(&mut source.reported, Reported::No) {
            Reported::By(incident) => Some(incident),
            Reported::No | Reported::Never => None,
        }
    }

    /// An incident was resolved. If its source is still silent, the timeout restarts.
    pub fn closed(&mut self, id: IncidentId, now: DateTime<Utc>) {
        for source in self.sources.values_mut().filter(|source| source.reported == Reported::By(id)) {
            (source.since, source.reported) = (now, Reported::No);
        }
    }

    /// Marks a silence as reported; `None` if no playbook matches.
    pub fn mark_reported(&mut self, name: &SourceName, incident: Option<IncidentId>) {
        if let Some(source) = self.sources.get_mut(name) {
            source.reported = incident.map_or(Reported::Never, Reported::By);
        }
    }

    /// Shifts all timeouts after a clock jump.
    pub fn shift(&mut self, by: TimeDelta) {
        self.sources.values_mut().for_each(|source| source.since += by);
    }

    /// The next timeout.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.waits().map(|(_, due)| due).min()
    }

    /// The sources with an unreported silence that is too long.
    pub fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&SourceName, Wait)> {
        let due = self.waits().filter(move |(_, due)| *due <= now);
        due.filter_map(|(name, _)| Some((name, self.sources.get(name)?.within?)))
    }

    /// How long each source has been silent.
    pub fn lengths(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&SourceName, TimeDelta)> {
        self.sources.iter().map(move |(name, source)| (name, now - source.since))
    }

    fn waits(&self) -> impl Iterator<Item = (&SourceName, DateTime<Utc>)> {
        let unreported = self.sources.iter().filter(|(_, source)| source.reported == Reported::No);
        unreported.filter_map(|(name, source)| Some((name, source.since + source.within?.delta())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-24T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn desk() -> SourceName {
        "desk".parse().unwrap()
    }

    fn waiting() -> SourceSilence {
        let heard_within = BTreeMap::from([(desk(), Wait::minutes(15))]);
        SourceSilence::new(vec![desk(), "form".parse().unwrap()], &heard_within, std::iter::empty(), at(0))
    }

    fn due(silence: &SourceSilence, minutes: i64) -> usize {
        silence.due(at(minutes)).count()
    }

    #[test]
    fn a_source_is_silent_once_until_it_is_heard_again() {
        let (mut silence, id) = (waiting(), IncidentId::from_random(1));
        assert_eq!((silence.next_timeout(), due(&silence, 14), due(&silence, 15)), (Some(at(15)), 0, 1));
        silence.mark_reported(&desk(), Some(id));
        assert_eq!((silence.next_timeout(), due(&silence, 60)), (None, 0));
        assert_eq!(silence.heard(&desk(), at(61)), Some(id));
        assert_eq!(silence.heard(&desk(), at(62)), None);
        assert_eq!(silence.next_timeout(), Some(at(77)));
    }

    #[test]
    fn a_silence_that_is_resolved_and_lasts_is_told_again() {
        let (mut silence, id) = (waiting(), IncidentId::from_random(1));
        silence.mark_reported(&desk(), Some(id));
        silence.closed(IncidentId::from_random(2), at(20));
        assert_eq!(silence.next_timeout(), None);
        silence.closed(id, at(30));
        assert_eq!(silence.next_timeout(), Some(at(45)));
    }

    #[test]
    fn waits_follow_the_clock_s_steps_and_the_files() {
        let mut silence = waiting();
        silence.shift(TimeDelta::minutes(60));
        assert_eq!(silence.next_timeout(), Some(at(75)));
        silence.replan(&BTreeMap::new(), at(61));
        assert_eq!(silence.next_timeout(), None);
        silence.replan(&BTreeMap::from([(desk(), Wait::minutes(5))]), at(90));
        assert_eq!(silence.next_timeout(), Some(at(95)));
        silence.mark_reported(&desk(), None);
        assert_eq!(silence.next_timeout(), None, "what no playbook answers does not keep the loop awake");
    }
}
