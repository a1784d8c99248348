//! How well the house is: what is late, what waits, which channels fail, and who is silent.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::escalation::incident::Incident;
use crate::domain::id::{IncidentId, SourceName};
use crate::domain::outcome::Outcome;
use crate::domain::roster::ChannelKind;
use crate::domain::severity::Severity;
use crate::engine::channel_health::{Change, Failing, Moment};
use crate::engine::log::attempt;
use crate::engine::readiness::{Part, Readiness, Report};
use crate::engine::request::Request;
use crate::engine::run::Engine;
use crate::engine::unreached::{self, Unreached};
use crate::store::projections::channel_tests::LastTest;

/// A step is promised within a second of its time; later than that it is overdue.
const ON_TIME: TimeDelta = TimeDelta::seconds(1);

/// A step this late is no busy moment any more: nobody is being paged.
const STUCK: Duration = Duration::from_secs(30);

/// What readiness says of such a step.
const NOT_FIRING: &str = "an escalation step is more than 30 seconds late and nobody is being paged: call the people on call \
                          (`wardbell oncall`), then look at the log";

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
    /// The channels that are failing, by no fault of those who are paged.
    pub failing: BTreeMap<ChannelKind, Failing>,
    /// The people whom no channel reaches.
    pub unreached: Vec<Unreached>,
    /// Open incidents that were sent more names of involved people in no roster than are kept, and how many more.
    pub names_not_kept: Vec<(IncidentId, u32)>,
    /// What was last learned of each channel that is tested daily.
    pub tests: BTreeMap<ChannelKind, LastTest>,
    /// The channels that are set up.
    pub channels: Vec<ChannelKind>,
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
    /// Adds what the loop knows about paging to what the parts of the daemon report themselves.
    pub fn report_to(&self, readiness: &mut Readiness) {
        let is_stuck = self.oldest_overdue > STUCK;
        readiness.report(Part::Engine, Report::not_ready(is_stuck.then(|| NOT_FIRING.to_owned())));
        readiness.report(Part::Channels, self.of_channels());
        let names = self.names_not_kept.iter().map(|(incident, count)| {
            format!(
                "{incident}: {count} names of involved people were not kept, as there are too many; somebody who joins a \
                 roster later under one of these names may be paged about it: see `wardbell show {incident}`"
            )
        });
        let people = unreached::warnings(&self.unreached).chain(names);
        readiness.report(Part::People, Report::warnings(people));
    }

    fn of_channels(&self) -> Report {
        let all_fail = !self.channels.is_empty() && self.channels.iter().all(|one| self.failing.contains_key(one));
        // The next page is what tries them: for want of it nobody may be kept from sending an incident.
        let all_untried =
            self.oldest_unsent.is_zero() && self.failing.values().all(|failing| failing.untried_since.is_some());
        let reason = if !self.reaches_anybody {
            Some("nobody in the rosters can be reached")
        } else {
            (all_fail && !all_untried).then_some("no page can leave: every channel is failing")
        };
        let doubt = (all_fail && all_untried)
            .then_some("it is not known whether pages can be sent: the last attempt on every channel failed");
        let failing = self.failing.iter().map(|(channel, failing)| failing.warning(*channel));
        let untaken = self.tests.iter().filter(|(channel, test)| test.failed && !self.failing.contains_key(channel));
        let untaken = untaken.map(|(channel, _)| {
            format!("the last test message over the channel `{channel}` failed; try `wardbell test-channels`")
        });
        Report {
            reasons: reason.into_iter().map(str::to_owned).collect(),
            warnings: doubt.into_iter().map(str::to_owned).chain(failing).chain(untaken).collect(),
            doubts: doubt.into_iter().map(str::to_owned).collect(),
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
            Request::ConfigurationFixed => {
                self.is_configuration_fixed = true;
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
    pub(in crate::engine) fn note_outcome(&mut self, channel: ChannelKind, to: &str, outcome: &Outcome) {
        let at = Moment { wall: self.keeper.wall(), steady: self.keeper.stopwatch() };
        match self.channel_health.note(channel, to, outcome, at) {
            Some(Change::Began(failure)) => {
                tracing::warn!(
                    %channel, code = outcome.code(), "the channel `{channel}` is failing: {}", failure.plain()
                );
            }
            Some(Change::Ended(length)) => {
                let seconds = length.as_secs();
                let after = attempt::length(TimeDelta::from_std(length).unwrap_or_default());
                tracing::info!(%channel, seconds, "the channel `{channel}` works again after {after}");
            }
            None => {}
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
            failing: self.channel_health.failing(self.keeper.stopwatch()),
            unreached: unreached::find(self.desk.all(), &self.plan),
            tests: self.tests.last(&self.plan),
            channels: self.plan.channels.clone(),
            reaches_anybody: self.plan.reaches_anybody(),
            ..Vitals::default()
        };
        let (mut overdue, mut unsent) = (None, None);
        for incident in self.desk.all().filter(|incident| incident.resolved.is_none()) {
            let not_kept = Some(incident.involved_not_kept).filter(|count| *count > 0);
            vitals.names_not_kept.extend(not_kept.map(|count| (incident.id, count)));
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
    use crate::channel::failure::Failure;

    fn told(vitals: &Vitals) -> (Vec<String>, Vec<String>) {
        let mut readiness = Readiness::default();
        vitals.report_to(&mut readiness);
        (readiness.reasons().map(str::to_owned).collect(), readiness.warnings().map(str::to_owned).collect())
    }

    #[test]
    fn it_is_not_ready_when_no_page_can_leave_and_warns_of_each_failing_channel() {
        let failing = Failing {
            since: "2026-11-29T12:00:03Z".parse().unwrap(),
            length: Duration::from_secs(76),
            failure: Failure::Unreachable,
            untried_since: None,
        };
        let well = Vitals { channels: ChannelKind::ALL.into(), reaches_anybody: true, ..Vitals::default() };
        assert_eq!(told(&well), (vec![], vec![]));
        let one = Vitals { failing: [(ChannelKind::Sms, failing.clone())].into(), ..well.clone() };
        let (reasons, warnings) = told(&one);
        assert_eq!(reasons, [""; 0], "the other channel still pages");
        let wanted =
            "the channel `sms` has been failing since 2026-11-29 12:00:03 UTC: the provider cannot be reached; ";
        assert!(warnings.len() == 1 && warnings[0].starts_with(wanted), "{warnings:?}");
        let both = ChannelKind::ALL.map(|channel| (channel, failing.clone()));
        let (reasons, warnings) = told(&Vitals { failing: both.into(), ..well.clone() });
        assert_eq!(reasons, ["no page can leave: every channel is failing"]);
        assert_eq!(warnings.len(), 2);
        let untried = Failing { untried_since: Some("2026-11-29T12:01:19Z".parse().unwrap()), ..failing.clone() };
        let untried = ChannelKind::ALL.map(|channel| (channel, untried.clone()));
        let unknown = Vitals { failing: untried.clone().into(), ..well.clone() };
        let (reasons, warnings) = told(&unknown);
        assert_eq!(reasons, [""; 0], "the next incident tries them");
        let wanted = "nothing has been sent over it since 2026-11-29 12:01:19 UTC, so it may work again; ";
        assert!(
            warnings.len() == 3 && warnings[0].starts_with("it is not known whether pages can be sent"),
            "{warnings:?}"
        );
        assert!(warnings[1].contains(wanted), "{warnings:?}");
        let mut readiness = Readiness::default();
        unknown.report_to(&mut readiness);
        assert!(readiness.hindrances().count() == 1, "the watcher elsewhere is not told that all is well");
        let waits = Vitals { oldest_unsent: Duration::from_secs(9), ..unknown.clone() };
        assert_eq!(told(&waits).0.len(), 1, "a page waits that cannot leave");
        let [one, other] = untried;
        let partly = Vitals { failing: [one, (other.0, failing)].into(), ..unknown };
        assert_eq!(told(&partly).0.len(), 1);
        let untaken = LastTest { failed: true, ..LastTest::default() };
        let (reasons, warnings) = told(&Vitals { tests: [(ChannelKind::Sms, untaken)].into(), ..well.clone() });
        assert!(reasons.is_empty() && warnings[0].contains("the last test message"), "{warnings:?}");
        let late = Vitals { oldest_overdue: STUCK + Duration::from_secs(1), ..well.clone() };
        assert_eq!(told(&late).0, [NOT_FIRING]);
        assert_eq!(told(&Vitals { reaches_anybody: false, ..well }).0, ["nobody in the rosters can be reached"]);
    }
}
