//! Gauges of the engine's health, read at each scrape.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::contact::ChannelKind;
use crate::domain::severity::Severity;
use crate::engine::metrics::labels::seconds;
use crate::engine::metrics::labels::{Word, add, set};
use crate::engine::parts::dropped_lines;
use crate::engine::protocol::health::Health;

type Seconds = Gauge<f64, AtomicU64>;

pub struct Gauges {
    answers: Gauge,
    overdue: Gauge,
    overdue_age: Seconds,
    unsent_age: Seconds,
    unrecorded: Gauge,
    unrecorded_age: Seconds,
    store_behind: Gauge,
    open: Family<BySeverity, Gauge>,
    unacknowledged: Family<BySeverity, Gauge>,
    silent: Family<BySource, Seconds>,
    failing: Family<ByChannel, Gauge>,
    test_taken: Family<ByChannel, Seconds>,
    test_failed: Family<ByChannel, Gauge>,
    plan_loaded: Seconds,
    plan_is_read: Gauge,
    heartbeat: Seconds,
    heartbeat_failures: Counter,
    heartbeat_withheld: Gauge,
    damaged: Gauge,
    verified: Seconds,
    no_master_key: Gauge,
    log_lines_dropped: Counter,
    /// What is off because the configuration was broken at startup.
    pub configuration: Configuration,
}

impl Gauges {
    /// All at zero, registered.
    pub fn new(registry: &mut Registry) -> Self {
        let gauges = Self {
            answers: add(registry, "engine_up", "1 if the engine responded to this scrape, else 0"),
            overdue: add(registry, "steps_overdue", "Steps and reminders more than a second late"),
            overdue_age: add(registry, "oldest_overdue_step_seconds", "Seconds the most overdue step is late"),
            unsent_age: add(registry, "oldest_unsent_page_seconds", "Seconds the oldest unsent page has waited"),
            unrecorded: add(registry, "journal_unrecorded_entries", "Events that could not be recorded yet"),
            unrecorded_age: add(registry, "journal_lag_seconds", "Seconds the oldest unrecorded event has waited"),
            store_behind: add(registry, "store_behind_records", "Journal records not yet in the store"),
            open: add(registry, "incidents_unresolved", "Unresolved incidents, by severity"),
            unacknowledged: add(
                registry,
                "incidents_unacknowledged",
                "Unresolved incidents that at least one department has not acknowledged, by severity",
            ),
            silent: add(registry, "source_silent_seconds", "Seconds since a source last sent, or since startup"),
            failing: add(registry, "channel_failing", "1 if a channel is failing for everyone, else 0"),
            test_taken: add(
                registry,
                "channel_test_last_success_timestamp_seconds",
                "When each daily-tested channel last accepted a test message, or 0 if never",
            ),
            test_failed: add(registry, "channel_test_failed", "1 if the last test of a channel failed, else 0"),
            plan_loaded: add(registry, "plan_loaded_timestamp_seconds", "When the current files were loaded"),
            plan_is_read: add(registry, "plan_last_reload_successful", "1 if the last reload was valid, else 0"),
            heartbeat: add(registry, "heartbeat_last_success_timestamp_seconds", "When a heartbeat was last accepted"),
            heartbeat_failures: add(registry, "heartbeat_failures", "Heartbeats that were not accepted"),
            heartbeat_withheld: add(
                registry,
                "heartbeat_withheld",
                "1 if withheld: Wardbell cannot record or page, or an incident needs a person; else 0",
            ),
            damaged: add(registry, "record_damaged", "1 if the journal is damaged and could not be repaired, else 0"),
            verified: add(
                registry,
                "record_verified_timestamp_seconds",
                "When the whole journal was last verified, or 0 if never",
            ),
            no_master_key: add(
                registry,
                "master_key_missing",
                "1 if the master keys could not be read at startup or at the last reload, else 0",
            ),
            log_lines_dropped: add(registry, "log_lines_dropped", "Log lines dropped because no one read them"),
            configuration: Configuration::new(registry),
        };
        for severity in Severity::ALL {
            gauges.open.get_or_create(&BySeverity::of(severity)).set(0);
            gauges.unacknowledged.get_or_create(&BySeverity::of(severity)).set(0);
        }
        gauges
    }

    /// Sets the gauges from the engine's health, or marks the engine as down.
    pub fn show(&self, health: Option<&Health>) {
        self.answers.set(i64::from(health.is_some()));
        self.log_lines_dropped.inner().store(dropped_lines::count(), Ordering::Relaxed);
        let Some(health) = health else { return };
        set(&self.overdue, health.overdue_steps);
        self.overdue_age.set(health.oldest_overdue.as_secs_f64());
        self.unsent_age.set(health.oldest_unsent.as_secs_f64());
        set(&self.unrecorded, health.unrecorded);
        self.unrecorded_age.set(health.oldest_unrecorded.as_secs_f64());
        self.store_behind.set(i64::try_from(health.store_behind).unwrap_or(i64::MAX));
        for severity in Severity::ALL {
            let count = health.open.get(&severity).copied().unwrap_or_default();
            set(&self.open.get_or_create(&BySeverity::of(severity)), count.open);
            set(&self.unacknowledged.get_or_create(&BySeverity::of(severity)), count.unacknowledged);
        }
        for (source, silent) in &health.silent {
            self.silent.get_or_create(&BySource { source: Word::Source(source.clone()) }).set(silent.as_secs_f64());
        }
        for channel in ChannelKind::ALL {
            let failing = i64::from(health.failing.contains_key(&channel));
            let test = health.tests.get(&channel).copied().unwrap_or_default();
            let label = ByChannel { channel: Word::Fixed(channel.word()) };
            self.failing.get_or_create(&label).set(failing);
            self.test_taken.get_or_create(&label).set(test.accepted_at.map_or(0.0, seconds));
            self.test_failed.get_or_create(&label).set(i64::from(test.failed));
        }
    }

    /// When the current files were loaded, in Unix seconds.
    pub fn plan_loaded(&self, at: f64) {
        self.plan_loaded.set(at);
        self.plan_is_read.set(1);
    }

    /// Whether the files were valid when last read.
    pub fn plan_is_read(&self, valid: bool) {
        self.plan_is_read.set(i64::from(valid));
    }

    /// Whether the journal is damaged.
    pub fn record_damaged(&self, damaged: bool) {
        self.damaged.set(i64::from(damaged));
    }

    /// When the whole journal was last verified, in Unix seconds.
    pub fn record_verified(&self, at: f64) {
        self.verified.set(at);
    }

    /// Whether the master key is missing, or text sealed without it is not kept yet.
    pub fn master_key_is_missing(&self, missing: bool) {
        self.no_master_key.set(i64::from(missing));
    }

    /// When a heartbeat was last accepted, in Unix seconds.
    pub fn heartbeat_taken(&self, at: f64) {
        self.heartbeat.set(at);
    }

    /// A heartbeat failed.
    pub fn heartbeat_failed(&self) {
        self.heartbeat_failures.inc();
    }

    /// Whether the heartbeat is withheld.
    pub fn heartbeat_withheld(&self, withheld: bool) {
        self.heartbeat_withheld.set(i64::from(withheld));
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySeverity {
    severity: Word,
}

impl BySeverity {
    fn of(severity: Severity) -> Self {
        Self { severity: Word::Fixed(severity.word()) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    source: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByChannel {
    channel: Word,
}

/// What is off because the configuration was broken at startup.
pub struct Configuration {
    last_good_plan: Gauge,
    missing_secrets: Family<ByPart, Gauge>,
}

impl Configuration {
    fn new(registry: &mut Registry) -> Self {
        Self {
            last_good_plan: add(
                registry,
                "running_on_last_good_plan",
                "1 while Wardbell runs on its last valid plan because the files had errors at startup, else 0",
            ),
            missing_secrets: add(
                registry,
                "secret_missing",
                "1 for each part that is off because its secret was missing at startup, else 0",
            ),
        }
    }

    /// These parts are set up.
    pub fn set_up(&self, parts: Vec<String>) {
        for part in parts {
            self.missing_secrets.get_or_create(&ByPart { part }).set(0);
        }
    }

    /// Whether the daemon started with an earlier plan, and which parts are off.
    pub fn started(&self, is_of_earlier_plan: bool, parts_off: Vec<String>) {
        self.last_good_plan.set(i64::from(is_of_earlier_plan));
        for part in parts_off {
            self.missing_secrets.get_or_create(&ByPart { part }).set(1);
        }
    }

    /// The current plan comes from the files again.
    pub fn has_plan_of_files(&self) {
        self.last_good_plan.set(0);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPart {
    part: String,
}
