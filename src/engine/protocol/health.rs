//! The engine's health: what is late, what is waiting, which channels are failing, and which sources are silent.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::channel_test::LastTest;
use crate::domain::contact::ChannelKind;
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId, SourceName};
use crate::domain::severity::Severity;
use crate::engine::protocol::readiness::{Part, Readiness, Report};
use crate::provider::failure::Failure;

/// A step this late means that no one is being paged.
const STUCK: Duration = Duration::from_secs(30);

/// The readiness reason for such a step.
const NOT_FIRING: &str = "an escalation step is more than 30 seconds late and no one is being paged: call the people \
                          on call (`wardbell oncall`), then check the log";

/// The engine's health. Durations are zero if there is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// How many steps and reminders are more than a second past their time.
    pub overdue_steps: usize,
    /// How long the oldest of them is past it.
    pub oldest_overdue: Duration,
    /// How long the oldest still-needed page has waited for a provider.
    pub oldest_unsent: Duration,
    /// How many entries are not in the journal yet.
    pub unrecorded: usize,
    /// How long the oldest of them has waited.
    pub oldest_unrecorded: Duration,
    /// How many records the store does not have yet.
    pub store_behind: u64,
    /// How many incidents of each severity are not resolved, and how many of these some department has not acknowledged.
    pub open: BTreeMap<Severity, Open>,
    /// How long each source has been silent.
    pub silent: Vec<(SourceName, Duration)>,
    /// The failing channels, not counting failures specific to a recipient.
    pub failing: BTreeMap<ChannelKind, Failing>,
    /// The people whom no channel reaches.
    pub unreachable: Vec<Unreachable>,
    /// Open incidents with more unknown involved names than are kept, and how many more.
    pub names_not_kept: Vec<(IncidentId, u32)>,
    /// The last result of each channel that is tested daily.
    pub tests: BTreeMap<ChannelKind, LastTest>,
    pub channels: Vec<ChannelKind>,
    /// Whether anyone on the rosters can be reached on a channel that is set up.
    pub reaches_anybody: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Open {
    /// Those that are not resolved.
    pub open: usize,
    /// Those of them that some department has not acknowledged.
    pub unacknowledged: usize,
}

impl Health {
    /// Adds the engine's health to the reports of the daemon's other parts.
    pub fn report_to(&self, readiness: &mut Readiness) {
        let is_stuck = self.oldest_overdue > STUCK;
        readiness.report(Part::Engine, Report::not_ready(is_stuck.then(|| NOT_FIRING.to_owned())));
        readiness.report(Part::Channels, self.of_channels());
        let names = self.names_not_kept.iter().map(|(incident, count)| {
            format!(
                "{incident}: {count} names of involved people were not kept because there are too many; someone who \
                 joins a roster later under one of these names may be paged about it: see `wardbell show {incident}`"
            )
        });
        let people = warnings(&self.unreachable).chain(names);
        readiness.report(Part::People, Report::warnings(people));
    }

    fn of_channels(&self) -> Report {
        let all_fail = !self.channels.is_empty() && self.channels.iter().all(|one| self.failing.contains_key(one));
        // Only the next page can try them, so this alone must not make the daemon unready.
        let all_untried =
            self.oldest_unsent.is_zero() && self.failing.values().all(|failing| failing.untried_since.is_some());
        let reason = if !self.reaches_anybody {
            Some("no one on the rosters can be reached")
        } else {
            (all_fail && !all_untried).then_some("no page can be sent: every channel is failing")
        };
        let doubt =
            (all_fail && all_untried).then_some("pages may not be sent: the last attempt on every channel failed");
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// When the first failed attempt ended, on the wall clock.
    pub since: DateTime<Utc>,
    /// How long that is ago.
    pub length: Duration,
    /// What the last attempt ended with.
    pub failure: Failure,
    /// When the last attempt ended, if so long ago that the channel may work again.
    pub untried_since: Option<DateTime<Utc>>,
}

impl Failing {
    /// The readiness warning.
    pub fn warning(&self, channel: ChannelKind) -> String {
        let clock = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S UTC");
        let untried = self
            .untried_since
            .map(|last| format!("; nothing has been sent over it since {}, so it may work again", clock(last)));
        format!(
            "the channel `{channel}` has been failing since {}: {}{}; after you fix it, the next page or `wardbell \
             test-channels` clears this warning",
            clock(self.since),
            self.failure.plain(),
            untried.unwrap_or_default(),
        )
    }
}

/// The most people listed.
const NAMED_MAX: usize = 20;

/// Every channel of this person has failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreachable {
    pub department: DepartmentId,
    pub liaison: LiaisonId,
    /// Their name, if the roster still lists them.
    pub name: Option<String>,
    /// One of the incidents that they could not be paged about.
    pub incident: IncidentId,
}

/// A line for each of them.
fn warnings(unreachable: &[Unreachable]) -> impl Iterator<Item = String> {
    let more = unreachable.len().saturating_sub(NAMED_MAX);
    let lines = unreachable.iter().take(NAMED_MAX).map(|one| {
        let Unreachable { department, liaison, name, incident } = one;
        let name = name.as_deref().map_or_else(|| liaison.to_string(), |name| format!("{name} ({liaison})"));
        format!("no channel reaches {name} of {department} about {incident}: check the roster, and call them")
    });
    lines.chain((more > 0).then(|| format!("{more} more people cannot be reached by any channel")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::failure::Failure;

    fn told(health: &Health) -> (Vec<String>, Vec<String>) {
        let mut readiness = Readiness::default();
        health.report_to(&mut readiness);
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
        let well = Health { channels: ChannelKind::ALL.into(), reaches_anybody: true, ..Health::default() };
        assert_eq!(told(&well), (vec![], vec![]));
        let one = Health { failing: [(ChannelKind::Sms, failing.clone())].into(), ..well.clone() };
        let (reasons, warnings) = told(&one);
        assert_eq!(reasons, [""; 0], "the other channel still pages");
        let wanted =
            "the channel `sms` has been failing since 2026-11-29 12:00:03 UTC: the provider cannot be reached; ";
        assert!(warnings.len() == 1 && warnings[0].starts_with(wanted), "{warnings:?}");
        let both = ChannelKind::ALL.map(|channel| (channel, failing.clone()));
        let (reasons, warnings) = told(&Health { failing: both.into(), ..well.clone() });
        assert_eq!(reasons, ["no page can be sent: every channel is failing"]);
        assert_eq!(warnings.len(), ChannelKind::ALL.len());
        let untried = Failing { untried_since: Some("2026-11-29T12:01:19Z".parse().unwrap()), ..failing.clone() };
        let untried = ChannelKind::ALL.map(|channel| (channel, untried.clone()));
        let unknown = Health { failing: untried.clone().into(), ..well.clone() };
        let (reasons, warnings) = told(&unknown);
        assert_eq!(reasons, [""; 0], "the next incident tries them");
        let wanted = "nothing has been sent over it since 2026-11-29 12:01:19 UTC, so it may work again; ";
        assert!(warnings.len() == 3 && warnings[0].starts_with("pages may not be sent"), "{warnings:?}");
        assert!(warnings[1].contains(wanted), "{warnings:?}");
        let mut readiness = Readiness::default();
        unknown.report_to(&mut readiness);
        assert!(readiness.hindrances().count() == 1, "the watcher elsewhere is not told that all is well");
        let waits = Health { oldest_unsent: Duration::from_secs(9), ..unknown.clone() };
        assert_eq!(told(&waits).0.len(), 1, "a page waits that cannot leave");
        let [one, other, ..] = untried;
        let partly = Health { failing: [one, (other.0, failing)].into(), ..unknown };
        assert_eq!(told(&partly).0.len(), 1);
        let untaken = LastTest { failed: true, ..LastTest::default() };
        let (reasons, warnings) = told(&Health { tests: [(ChannelKind::Sms, untaken)].into(), ..well.clone() });
        assert!(reasons.is_empty() && warnings[0].contains("the last test message"), "{warnings:?}");
        let late = Health { oldest_overdue: STUCK + Duration::from_secs(1), ..well.clone() };
        assert_eq!(told(&late).0, [NOT_FIRING]);
        assert_eq!(told(&Health { reaches_anybody: false, ..well }).0, ["no one on the rosters can be reached"]);
    }
}
