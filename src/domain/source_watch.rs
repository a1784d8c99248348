//! Watches one source: how long it has been silent, and which incident reports that.
//!
//! The wait starts when the source last sent something, or at startup, because what it sends is not recorded here.

use std::convert::Infallible;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::aggregate::{Aggregate, Decision};
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::playbook::matching::SOURCE_SILENT;
use crate::domain::wait::Wait;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceWatch {
    /// The open incident that reports the current silence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Only the running process knows this.
    #[serde(skip)]
    timer: Option<Timer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Timer {
    /// How long the source may be silent, if it is monitored.
    within: Option<Wait>,
    /// In logical time. Startup or the end of the last silence's incident, if later.
    since: DateTime<Utc>,
    /// No playbook matches, so the current silence cannot be reported.
    is_unreportable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum SourceWatchEvent {
    /// It was silent for too long; an incident reports that.
    Silent { incident: IncidentId },
    /// It sent something after a silence that was reported.
    HeardAgain { incident: IncidentId },
    /// The incident was resolved while the source was silent: the wait starts again.
    IncidentResolved { incident: IncidentId },
}

#[derive(Debug)]
pub enum SourceWatchInput {
    /// The rosters and playbooks in force monitor it like this. A source that is newly monitored is timed from now on.
    Monitor { within: Option<Wait> },
    /// It sent something.
    Heard,
    /// It has been silent for too long. The incident that reports it, or `None` if no playbook matches.
    Timeout { incident: Option<IncidentId> },
    /// An open incident reports its silence, and a crash kept only the incident.
    Reported { incident: IncidentId },
    /// The incident that reports its silence was resolved.
    Resolved {
        incident: IncidentId,
        /// In logical time.
        at: DateTime<Utc>,
    },
}

impl SourceWatch {
    /// How long it has been silent.
    pub fn silent_for(&self, now: DateTime<Utc>) -> TimeDelta {
        self.timer.as_ref().map_or(TimeDelta::zero(), |timer| now - timer.since)
    }

    /// The incident that reports a silence of this source.
    pub fn report(&self, source: &SourceName) -> Option<Incoming> {
        let within = self.timer.as_ref()?.within?;
        Some(Incoming {
            class: SOURCE_SILENT.to_owned(),
            dedup_key: Some(source.to_string()),
            summary: Some(format!("the source `{source}` has been silent for {within}")),
            ..Incoming::default()
        })
    }

    fn due(&self) -> Option<DateTime<Utc>> {
        let timer = self.timer.as_ref().filter(|timer| self.incident.is_none() && !timer.is_unreportable)?;
        Some(timer.since + timer.within?.delta())
    }

    fn monitor(&mut self, within: Option<Wait>, now: DateTime<Utc>) {
        let is_known = self.timer.as_ref().is_some_and(|timer| timer.within.is_some() || within.is_none());
        match &mut self.timer {
            // A new plan may have the playbook that was missing.
            Some(timer) if is_known => (timer.within, timer.is_unreportable) = (within, false),
            Some(timer) => (timer.within, timer.since, timer.is_unreportable) = (within, now, false),
            None => self.timer = Some(Timer { within, since: now, is_unreportable: false }),
        }
    }

    /// The wait starts at an instant.
    fn wait_from(&mut self, since: DateTime<Utc>) {
        if let Some(timer) = &mut self.timer {
            (timer.since, timer.is_unreportable) = (since, false);
        }
    }
}

impl Aggregate for SourceWatch {
    type Id = SourceName;
    type Context<'a> = Now;
    type Input = SourceWatchInput;
    type Event = SourceWatchEvent;
    type Refusal = Infallible;

    fn decide(&self, now: &Now, input: SourceWatchInput) -> Result<Decision<Self, SourceWatchEvent>, Infallible> {
        let mut after = self.clone();
        let event = match input {
            SourceWatchInput::Monitor { within } => {
                after.monitor(within, now.logical);
                None
            }
            SourceWatchInput::Heard => {
                after.wait_from(now.logical);
                self.incident.map(|incident| SourceWatchEvent::HeardAgain { incident })
            }
            SourceWatchInput::Timeout { .. } if self.due().is_none_or(|due| due > now.logical) => None,
            SourceWatchInput::Timeout { incident: None } => {
                after.timer.iter_mut().for_each(|timer| timer.is_unreportable = true);
                None
            }
            SourceWatchInput::Timeout { incident: Some(incident) } | SourceWatchInput::Reported { incident } => {
                Some(SourceWatchEvent::Silent { incident })
            }
            SourceWatchInput::Resolved { incident, at } if self.incident == Some(incident) => {
                after.wait_from(at);
                Some(SourceWatchEvent::IncidentResolved { incident })
            }
            SourceWatchInput::Resolved { .. } => None,
        };
        if let Some(event) = &event {
            after.evolve(now.logical, event);
        }
        Ok(Decision { events: event.into_iter().collect(), after })
    }

    fn evolve(&mut self, _at: DateTime<Utc>, event: &SourceWatchEvent) {
        self.incident = match event {
            SourceWatchEvent::Silent { incident } => Some(*incident),
            SourceWatchEvent::HeardAgain { .. } | SourceWatchEvent::IncidentResolved { .. } => None,
        };
    }

    fn next_timeout(&self, _now: Now) -> Option<DateTime<Utc>> {
        self.due()
    }

    fn shift(&mut self, by: TimeDelta) {
        self.timer.iter_mut().for_each(|timer| timer.since += by);
    }

    fn lives(&self) -> bool {
        self.incident.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-24T08:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn incident(number: u64) -> IncidentId {
        IncidentId::from_random(number)
    }

    /// A watch with what it decided.
    struct Watched(SourceWatch, Vec<SourceWatchEvent>);

    impl Watched {
        fn new() -> Self {
            let mut watched = Self(SourceWatch::default(), Vec::new());
            watched.take(0, SourceWatchInput::Monitor { within: Some(Wait::minutes(15)) });
            watched
        }

        fn take(&mut self, minutes: i64, input: SourceWatchInput) {
            let Ok(decision) = self.0.decide(&Now::agreed(at(minutes)), input);
            let mut replayed = self.0.clone();
            decision.events.iter().for_each(|event| replayed.evolve(at(minutes), event));
            assert_eq!(replayed.incident, decision.after.incident, "a replay says the same");
            self.0 = decision.after;
            self.1.extend(decision.events);
        }

        fn time_out(&mut self, minutes: i64, number: u64) {
            self.take(minutes, SourceWatchInput::Timeout { incident: Some(incident(number)) });
        }

        #[track_caller]
        fn check_next(&self, minutes: Option<i64>) {
            assert_eq!(self.0.next_timeout(Now::agreed(at(0))), minutes.map(at));
        }
    }

    #[test]
    fn a_source_is_silent_once_until_it_is_heard_again() {
        let mut watched = Watched::new();
        watched.check_next(Some(15));
        watched.time_out(14, 1);
        assert_eq!(watched.1, [], "a timeout that comes too early has no effect");
        watched.time_out(15, 1);
        watched.check_next(None);
        watched.time_out(60, 2);
        watched.take(61, SourceWatchInput::Heard);
        watched.take(62, SourceWatchInput::Heard);
        let incident = incident(1);
        assert_eq!(watched.1, [SourceWatchEvent::Silent { incident }, SourceWatchEvent::HeardAgain { incident }]);
        watched.check_next(Some(77));
    }

    #[test]
    fn a_silence_that_is_resolved_and_lasts_is_reported_again() {
        let mut watched = Watched::new();
        watched.time_out(15, 1);
        watched.take(20, SourceWatchInput::Resolved { incident: incident(2), at: at(20) });
        watched.check_next(None);
        watched.take(31, SourceWatchInput::Resolved { incident: incident(1), at: at(30) });
        watched.check_next(Some(45));
        let incident = incident(1);
        assert_eq!(watched.1, [SourceWatchEvent::Silent { incident }, SourceWatchEvent::IncidentResolved { incident }]);
    }

    #[test]
    fn after_a_restart_the_wait_begins_again_and_a_silence_that_was_reported_lasts() {
        let mut watched = Watched::new();
        watched.time_out(15, 1);
        let kept = serde_json::to_string(&watched.0).unwrap();
        let mut restarted = Watched(serde_json::from_str(&kept).unwrap(), Vec::new());
        assert!(restarted.0.lives());
        restarted.take(40, SourceWatchInput::Monitor { within: Some(Wait::minutes(15)) });
        restarted.check_next(None);
        restarted.take(50, SourceWatchInput::Heard);
        restarted.check_next(Some(65));
        assert!(!restarted.0.lives());
        restarted.take(51, SourceWatchInput::Reported { incident: incident(3) });
        restarted.check_next(None);
    }

    #[test]
    fn waits_follow_the_clock_s_steps_and_the_files() {
        let mut watched = Watched::new();
        watched.0.shift(TimeDelta::minutes(60));
        watched.check_next(Some(75));
        watched.take(61, SourceWatchInput::Monitor { within: None });
        watched.check_next(None);
        watched.take(90, SourceWatchInput::Monitor { within: Some(Wait::minutes(5)) });
        watched.check_next(Some(95));
        watched.take(91, SourceWatchInput::Monitor { within: Some(Wait::minutes(6)) });
        watched.check_next(Some(96));
        watched.take(96, SourceWatchInput::Timeout { incident: None });
        watched.check_next(None);
        assert_eq!(watched.1, [], "what no playbook answers is not recorded, and does not keep the loop awake");
    }
}
