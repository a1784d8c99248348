//! Collects the engine's health from its parts.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::channel_test::LastTest;
use crate::domain::contact::ChannelKind;
use crate::domain::escalation::incident::Incident;
use crate::domain::plan::Plan;
use crate::domain::source_watch::SourceWatch;
use crate::engine::parts::channel_health::ChannelHealth;
use crate::engine::parts::open_incidents::OpenIncidents;
use crate::engine::parts::recorder::Recorder;
use crate::engine::parts::unreached;
use crate::engine::protocol::health::Health;
use crate::journal::aggregates::Aggregates;
use crate::store::Store;

/// Steps are promised within a second; later is overdue.
const ON_TIME: TimeDelta = TimeDelta::seconds(1);

pub struct Parts<'a> {
    /// In logical time.
    pub now: DateTime<Utc>,
    /// On the monotonic clock.
    pub steady: Duration,
    pub open: &'a OpenIncidents,
    pub recorder: &'a Recorder,
    pub store: &'a Store,
    pub aggregates: &'a Aggregates,
    pub channel_health: &'a ChannelHealth,
    pub plan: &'a Plan,
}

pub fn look(parts: &Parts) -> Health {
    let now = parts.now;
    let mut health = Health {
        unrecorded: parts.recorder.unrecorded(),
        oldest_unrecorded: length(now, parts.recorder.oldest_unrecorded()),
        store_behind: parts.recorder.last_seq().saturating_sub(parts.store.applied()),
        silent: parts
            .aggregates
            .source_watches
            .iter()
            .map(|(name, watch)| (name.clone(), silence(watch, now)))
            .collect(),
        failing: parts.channel_health.failing(parts.steady),
        unreachable: unreached::find(parts.open.all(), parts.plan),
        tests: last_tests(parts),
        channels: parts.plan.channels.clone(),
        reaches_anybody: parts.plan.reaches_anybody(),
        ..Health::default()
    };
    let (mut overdue, mut unsent) = (None, None);
    for incident in parts.open.all().filter(|incident| incident.resolved.is_none()) {
        let not_kept = Some(incident.involved_not_kept).filter(|count| *count > 0);
        health.names_not_kept.extend(not_kept.map(|count| (incident.id, count)));
        let count = health.open.entry(incident.severity).or_default();
        count.open += 1;
        count.unacknowledged += usize::from(incident.tracks.iter().any(|track| track.acknowledged.is_none()));
        for due in steps(incident).filter(|due| *due + ON_TIME < now) {
            health.overdue_steps += 1;
            overdue = Some(overdue.map_or(due, |oldest: DateTime<Utc>| oldest.min(due)));
        }
        let oldest = unsent_pages(incident).min();
        unsent = unsent.into_iter().chain(oldest).min();
    }
    (health.oldest_overdue, health.oldest_unsent) = (length(now, overdue), length(now, unsent));
    health
}

/// When the still-needed pages were made that no provider has accepted.
pub fn unsent_pages(incident: &Incident) -> impl Iterator<Item = DateTime<Utc>> {
    let unsent = incident
        .pages()
        .filter(|(scope, page)| !page.accepted && !page.pending.is_empty() && !incident.is_moot(*scope, page));
    unsent.map(|(_, page)| page.at)
}

fn silence(watch: &SourceWatch, now: DateTime<Utc>) -> Duration {
    watch.silent_for(now).to_std().unwrap_or_default()
}

/// The last result of each channel that is tested daily.
fn last_tests(parts: &Parts) -> BTreeMap<ChannelKind, LastTest> {
    let tested = parts.plan.daily_test.iter().flat_map(|test| test.to.keys());
    let last = |channel| parts.aggregates.channel_tests.get(channel).map(|test| test.last).unwrap_or_default();
    tested.map(|channel| (*channel, last(channel))).collect()
}

fn steps(incident: &Incident) -> impl Iterator<Item = DateTime<Utc>> {
    let reminders = incident.tracks.iter().filter_map(|track| track.acknowledged.as_ref()?.act_by);
    incident.tracks.iter().filter_map(|track| Some(track.next?.at)).chain(reminders)
}

fn length(now: DateTime<Utc>, since: Option<DateTime<Utc>>) -> Duration {
    since.and_then(|since| (now - since).to_std().ok()).unwrap_or_default()
}
