//! Sources that must be heard from: how long each has been silent, and the incident that its silence leads to.
//!
//! A wait starts when the source was heard last, or with the process: what was heard before a restart is not recorded. It
//! is measured like every other wait, so that a jump of the wall clock changes none.

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
    /// How long it may be silent, where it must be heard from.
    within: Option<Wait>,
    /// In logical time; the start, or the end of the last silence's incident, where that was later.
    since: DateTime<Utc>,
    told: Told,
}

/// Whether somebody was told of the silence that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Not yet.
    No,
    /// By this incident, which is not resolved.
    By(IncidentId),
    /// No playbook answers: nobody can be.
    Never,
}

impl SourceSilence {
    /// Waits for each of `known` from now on, as `heard_within` says. A silence that an open incident tells of goes on.
    pub fn new<'a>(
        known: Vec<SourceName>,
        heard_within: &BTreeMap<SourceName, Wait>,
        open: impl Iterator<Item = &'a Incident>,
        now: DateTime<Utc>,
    ) -> Self {
        let source = |name: SourceName| (name, Source { within: None, since: now, told: Told::No });
        let mut silence = Self { sources: known.into_iter().map(source).collect() };
        silence.replan(heard_within, now);
        let ours = |one: &&Incident| one.source == SourceName::ours() && one.class.as_ref() == SOURCE_SILENT;
        for incident in open.filter(ours).filter(|one| one.resolved.is_none() && !one.heard_again) {
            let key = incident.dedup_key.as_deref().and_then(|key| key.parse::<SourceName>().ok());
            let source = key.and_then(|key| silence.sources.get_mut(&key));
            source.into_iter().for_each(|source| source.told = Told::By(incident.id));
        }
        silence
    }

    /// Other files are in force. A source that must be heard from by them alone is waited for from now on.
    pub fn replan(&mut self, heard_within: &BTreeMap<SourceName, Wait>, now: DateTime<Utc>) {
        for (name, source) in &mut self.sources {
            let within = heard_within.get(name).copied();
            if source.within.is_none() && within.is_some() {
                source.since = now;
            }
            source.within = within;
        }
    }

    /// A source has spoken; the incident of its silence, if there is one.
    pub fn heard(&mut self, name: &SourceName, now: DateTime<Utc>) -> Option<IncidentId> {
        let source = self.sources.get_mut(name)?;
        source.since = now;
        match std::mem::replace(&mut source.told, Told::No) {
            Told::By(incident) => Some(incident),
            Told::No | Told::Never => None,
        }
    }

    /// An incident is resolved: if its source is still silent, the wait starts anew, as somebody may have been mistaken.
    pub fn closed(&mut self, id: IncidentId, now: DateTime<Utc>) {
        for source in self.sources.values_mut().filter(|source| source.told == Told::By(id)) {
            (source.since, source.told) = (now, Told::No);
        }
    }

    /// Somebody was told of a silence; by nothing where no playbook answers.
    pub fn tell(&mut self, name: &SourceName, incident: Option<IncidentId>) {
        let source = self.sources.get_mut(name);
        source.into_iter().for_each(|source| source.told = incident.map_or(Told::Never, Told::By));
    }

    /// Moves every wait by the step that the wall clock made.
    pub fn shift(&mut self, by: TimeDelta) {
        self.sources.values_mut().for_each(|source| source.since += by);
    }

    /// When the next of them has been silent for too long.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.waits().map(|(_, due)| due).min()
    }

    /// Those that have been silent for too long, and nobody knows.
    pub fn due(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&SourceName, Wait)> {
        let due = self.waits().filter(move |(_, due)| *due <= now);
        due.filter_map(|(name, _)| Some((name, self.sources.get(name)?.within?)))
    }

    /// How long each source has been silent.
    pub fn lengths(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&SourceName, TimeDelta)> {
        self.sources.iter().map(move |(name, source)| (name, now - source.since))
    }

    fn waits(&self) -> impl Iterator<Item = (&SourceName, DateTime<Utc>)> {
        let untold = self.sources.iter().filter(|(_, source)| source.told == Told::No);
        untold.filter_map(|(name, source)| Some((name, source.since + source.within?.delta())))
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
        silence.tell(&desk(), Some(id));
        assert_eq!((silence.next_timeout(), due(&silence, 60)), (None, 0));
        assert_eq!(silence.heard(&desk(), at(61)), Some(id));
        assert_eq!(silence.heard(&desk(), at(62)), None);
        assert_eq!(silence.next_timeout(), Some(at(77)));
    }

    #[test]
    fn a_silence_that_is_resolved_and_lasts_is_told_again() {
        let (mut silence, id) = (waiting(), IncidentId::from_random(1));
        silence.tell(&desk(), Some(id));
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
        silence.tell(&desk(), None);
        assert_eq!(silence.next_timeout(), None, "what no playbook answers does not keep the loop awake");
    }
}
