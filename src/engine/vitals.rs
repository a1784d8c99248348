//! How well the house is: what is late, what waits, which channels fail, and who is silent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::id::SourceName;
use crate::domain::outcome::{Blame, Outcome};
use crate::domain::roster::ChannelKind;
use crate::domain::severity::Severity;
use crate::engine::request::Request;
use crate::engine::run::Engine;
use crate::store::replay::LastTest;

/// A step is promised within a second of its time; later than that it is overdue.
const ON_TIME: TimeDelta = TimeDelta::seconds(1);

/// A step this late is no busy moment any more: nobody is being paged.
const STUCK: Duration = Duration::from_secs(30);

/// What the loop sees when it is asked. Lengths are zero where there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vitals {
    /// How many steps and reminders are more than a second past their time.
    pub overdue_steps: usize,
    /// How long the oldest of them is past it.
    pub oldest_overdue: Duration,
    /// Since when the oldest page waits that no provider has taken and somebody needs.
    pub oldest_unsent: Duration,
    /// How many entries happened and are not in the journal yet.
    pub unrecorded: usize,
    /// Since when the oldest of them waits.
    pub oldest_unrecorded: Duration,
    /// How many records the store does not have yet.
    pub store_behind: u64,
    /// How many incidents of each severity are not resolved, and how many of these some department has not acknowledged.
    pub open: BTreeMap<Severity, Open>,
    /// For how long each source was not heard.
    pub silent: Vec<(SourceName, Duration)>,
    /// The channels whose last attempt failed by no fault of the one it went to.
    pub failing: BTreeSet<ChannelKind>,
    /// What was last learned of each channel that is tested daily.
    pub tests: BTreeMap<ChannelKind, LastTest>,
    /// How many channels are set up.
    pub channels: usize,
    /// Whether anybody in the rosters has a way that is set up.
    pub reaches_anybody: bool,
}

/// Incidents of one severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// Those that are not resolved.
    pub open: usize,
    /// Those of them that some department has not acknowledged.
    pub unacknowledged: usize,
}

impl Vitals {
    /// Why nobody is being paged, if so.
    pub fn ailment(&self) -> Option<&'static str> {
        if self.unrecorded > 0 {
            Some("what happens cannot be recorded")
        } else if self.oldest_overdue > STUCK {
            Some("a step is overdue, and none is fired")
        } else if !self.reaches_anybody {
            Some("nobody in the rosters can be reached")
        } else if self.failing.len() >= self.channels {
            Some("the last attempt over every channel failed")
        } else {
            None
        }
    }
}

impl Engine {
    /// Does at once what watching asks for; everything else is work.
    pub(in crate::engine) fn attend(&mut self, request: Request) -> Option<Request> {
        match request {
            Request::Heard { source, reply } => {
                self.hear(&source);
                // Whoever asked may have gone away.
                reply.into_iter().for_each(|reply| drop(reply.send(Ok(()))));
                None
            }
            Request::Prune { found, reply } => {
                // Whoever asked may have gone away.
                let _gone = reply.send(self.record_checkpoint(*found));
                None
            }
            Request::Tell { event, reply } => {
                let now = self.read_clocks();
                self.record_house(now, vec![*event]);
                // Whoever asked may have gone away.
                let _gone = reply.send(self.refuse_while_failing());
                None
            }
            Request::Vitals { reply } => {
                // Whoever asked may have gone away.
                let _gone = reply.send(Ok(self.vitals()));
                None
            }
            Request::TestChannels { reply } => {
                let (wall, now) = (self.keeper.wall(), self.keeper.read_without_step());
                self.tests.ask(&self.plan, wall, now, reply);
                self.start_tests();
                None
            }
            other => {
                if let Request::Open { source, .. } = &other {
                    self.hear(source);
                }
                Some(other)
            }
        }
    }

    /// Remembers whether a channel works, by how an attempt ended.
    pub(in crate::engine) fn note_outcome(&mut self, channel: ChannelKind, outcome: &Outcome) {
        match outcome {
            Outcome::Accepted { .. } => drop(self.failing.remove(&channel)),
            Outcome::Retry { .. } | Outcome::Permanent { blame: Blame::Account, .. } => {
                self.failing.insert(channel);
            }
            // A wrong number says nothing of the channel.
            Outcome::Permanent { .. } => {}
        }
    }

    fn hear(&mut self, source: &SourceName) {
        let incident = self.silence.heard(source, self.keeper.read_without_step());
        self.heard_again.extend(incident);
    }

    fn vitals(&self) -> Vitals {
        let now = self.keeper.read_without_step();
        let mut vitals = Vitals {
            unrecorded: self.recorder.unrecorded(),
            oldest_unrecorded: length(now, self.recorder.oldest_unrecorded()),
            store_behind: self.recorder.last_seq().saturating_sub(self.store.applied()),
            silent: self
                .silence
                .lengths(now)
                .map(|(name, by)| (name.clone(), by.to_std().unwrap_or_default()))
                .collect(),
            failing: self.failing.clone(),
            tests: self.tests.last(&self.plan),
            channels: self.plan.channels.len(),
            reaches_anybody: self.plan.reaches_anybody(),
            ..Vitals::default()
        };
        let (mut overdue, mut unsent) = (None, None);
        for incident in self.desk.all().filter(|incident| incident.resolved.is_none()) {
            let count = vitals.open.entry(incident.severity).or_default();
            count.open += 1;
            count.unacknowledged += usize::from(incident.tracks.iter().any(|track| track.acknowledged.is_none()));
            for due in steps(incident).filter(|due| *due + ON_TIME < now) {
                vitals.overdue_steps += 1;
                overdue = Some(overdue.map_or(due, |oldest: DateTime<Utc>| oldest.min(due)));
            }
            let oldest = unsent_pages(incident).min();
            unsent = unsent.into_iter().chain(oldest).min();
        }
        (vitals.oldest_overdue, vitals.oldest_unsent) = (length(now, overdue), length(now, unsent));
        vitals
    }
}

/// When the pages were made that no provider has taken over, and somebody still needs.
pub fn unsent_pages(incident: &Incident) -> impl Iterator<Item = DateTime<Utc>> {
    let pages = incident.tracks.iter().flat_map(|track| track.pages.iter().map(move |page| (track, page)));
    let unsent =
        pages.filter(|(track, page)| !page.accepted && !page.pending.is_empty() && !incident.is_moot(track, page));
    unsent.map(|(_, page)| page.at)
}

fn steps(incident: &Incident) -> impl Iterator<Item = DateTime<Utc>> {
    let reminders = incident.tracks.iter().filter_map(|track| track.acknowledged.as_ref()?.act_by);
    incident.tracks.iter().filter_map(|track| Some(track.next?.at)).chain(reminders)
}

fn length(now: DateTime<Utc>, since: Option<DateTime<Utc>>) -> Duration {
    since.and_then(|since| (now - since).to_std().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ailment_is_told_and_health_has_none() {
        let well = Vitals { channels: 2, reaches_anybody: true, ..Vitals::default() };
        assert_eq!(well.ailment(), None);
        let one_fails = Vitals { failing: [ChannelKind::Sms].into(), ..well.clone() };
        assert_eq!(one_fails.ailment(), None, "the other channel still pages");
        let ill = [
            Vitals { failing: ChannelKind::ALL.into(), ..well.clone() },
            Vitals { unrecorded: 1, ..well.clone() },
            Vitals { oldest_overdue: STUCK + Duration::from_secs(1), ..well.clone() },
            Vitals { reaches_anybody: false, ..well.clone() },
            Vitals { channels: 0, ..well },
        ];
        let told: BTreeSet<_> = ill.iter().map(|vitals| vitals.ailment().unwrap()).collect();
        assert_eq!(told.len(), 4);
    }
}
