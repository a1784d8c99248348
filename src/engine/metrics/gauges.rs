//! What the loop's vitals look like to a scraper: asked for at each scrape, so that no age is older than the answer.

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

/// The gauges of one daemon.
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
    /// What the daemon goes without, as its configuration was broken at the start.
    pub configuration: Configuration,
}

impl Gauges {
    /// All at zero, registered.
    pub fn new(registry: &mut Registry) -> Self {
        let gauges = Self {
            answers: add(registry, "engine_up", "Whether the loop answered at this scrape, 1 or 0"),
            overdue: add(registry, "steps_overdue", "Steps and reminders more than a second past their time"),
            overdue_age: add(registry, "oldest_overdue_step_seconds", "Seconds that the oldest of them is past it"),
            unsent_age: add(
                registry,
                "oldest_unsent_page_seconds",
                "Seconds that the oldest page waits for a provider",
            ),
            unrecorded: add(registry, "journal_unrecorded_entries", "Entries that happened and cannot be recorded"),
            unrecorded_age: add(registry, "journal_lag_seconds", "Seconds that the oldest of them waits"),
            store_behind: add(registry, "store_behind_records", "Records that the store does not have yet"),
            open: add(registry, "incidents_unresolved", "Incidents that are not resolved, by severity"),
            unacknowledged: add(
                registry,
                "incidents_unacknowledged",
                "Incidents that some department has not acknowledged",
            ),
            silent: add(registry, "source_silent_seconds", "Seconds since each source was heard, or since the start"),
            failing: add(registry, "channel_failing", "Whether a channel is failing for everybody, 1 or 0"),
            test_taken: add(
                registry,
                "channel_test_last_success_timestamp_seconds",
                "When a test message was last taken over each channel that is tested daily; else 0",
            ),
            test_failed: add(registry, "channel_test_failed", "Whether the last test of a channel failed, 1 or 0"),
            plan_loaded: add(registry, "plan_loaded_timestamp_seconds", "When the files in force were read"),
            plan_is_read: add(
                registry,
                "plan_last_reload_successful",
                "Whether the files were valid when last read, 1 or 0",
            ),
            heartbeat: add(
                registry,
                "heartbeat_last_success_timestamp_seconds",
                "When the watcher elsewhere last took a call",
            ),
            heartbeat_failures: add(registry, "heartbeat_failures", "Calls to the watcher elsewhere that failed"),
            heartbeat_withheld: add(
                registry,
                "heartbeat_withheld",
                "1 if the heartbeat is withheld because Wardbell cannot record or page, or an incident needs a person, else 0",
            ),
            damaged: add(registry, "record_damaged", "Whether the record's past is damaged and not mended, 1 or 0"),
            verified: add(
                registry,
                "record_verified_timestamp_seconds",
                "When the whole record was last read and found sound; else 0",
            ),
            no_master_key: add(
                registry,
                "master_key_missing",
                "Whether the master keys could not be read at the start or when last looked for, 1 or 0",
            ),
            log_lines_dropped: add(registry, "log_lines_dropped", "Log lines that nobody read in time"),
            configuration: Configuration::new(registry),
        };
        for severity in Severity::ALL {
            gauges.open.get_or_create(&BySeverity::of(severity)).set(0);
            gauges.unacknowledged.get_or_create(&BySeverity::of(severity)).set(0);
        }
        gauges
    }

    /// Shows what the loop answered; nothing but its silence, where it did not.
    pub fn show(&self, vitals: Option<&Health>) {
        self.answers.set(i64::from(vitals.is_some()));
        self.log_lines_dropped.inner().store(dropped_lines::count(), Ordering::Relaxed);
        let Some(vitals) = vitals else { return };
        set(&self.overdue, vitals.overdue_steps);
        self.overdue_age.set(vitals.oldest_overdue.as_secs_f64());
        self.unsent_age.set(vitals.oldest_unsent.as_secs_f64());
        set(&self.unrecorded, vitals.unrecorded);
        self.unrecorded_age.set(vitals.oldest_unrecorded.as_secs_f64());
        self.store_behind.set(i64::try_from(vitals.store_behind).unwrap_or(i64::MAX));
        for severity in Severity::ALL {
            let count = vitals.open.get(&severity).copied().unwrap_or_default();
            set(&self.open.get_or_create(&BySeverity::of(severity)), count.open);
            set(&self.unacknowledged.get_or_create(&BySeverity::of(severity)), count.unacknowledged);
        }
        for (source, silent) in &vitals.silent {
            self.silent.get_or_create(&BySource { source: Word::Source(source.clone()) }).set(silent.as_secs_f64());
        }
        for channel in ChannelKind::ALL {
            let failing = i64::from(vitals.failing.contains_key(&channel));
            let test = vitals.tests.get(&channel).copied().unwrap_or_default();
            let label = ByChannel { channel: Word::Fixed(channel.word()) };
            self.failing.get_or_create(&label).set(failing);
            self.test_taken.get_or_create(&label).set(test.taken_at.map_or(0.0, seconds));
            self.test_failed.get_or_create(&label).set(i64::from(test.failed));
        }
    }

    /// Files came into force, or were found in force, at that second of Unix time.
    pub fn plan_loaded(&self, at: f64) {
        self.plan_loaded.set(at);
        self.plan_is_read.set(1);
    }

    /// The files are as they should be, or not: then those before stay.
    pub fn plan_is_read(&self, valid: bool) {
        self.plan_is_read.set(i64::from(valid));
    }

    /// Whether the record's past is damaged.
    pub fn record_damaged(&self, damaged: bool) {
        self.damaged.set(i64::from(damaged));
    }

    /// The whole record was found sound at that second of Unix time.
    pub fn record_verified(&self, at: f64) {
        self.verified.set(at);
    }

    /// Whether no file gives a master key, or what was sealed without one is not kept yet.
    pub fn master_key_is_missing(&self, missing: bool) {
        self.no_master_key.set(i64::from(missing));
    }

    /// The watcher elsewhere took a call at that second of Unix time.
    pub fn heartbeat_taken(&self, at: f64) {
        self.heartbeat.set(at);
    }

    /// A call to it failed.
    pub fn heartbeat_failed(&self) {
        self.heartbeat_failures.inc();
    }

    /// Whether it is called at all.
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

/// What the daemon goes without, as its configuration was broken at the start.
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
                "1 while Wardbell runs on its last good plan because the files were broken at the start, else 0",
            ),
            missing_secrets: add(
                registry,
                "secret_missing",
                "1 for each part that is off because its secret was missing at the start, else 0",
            ),
        }
    }

    /// These parts are set up.
    pub fn set_up(&self, parts: Vec<String>) {
        for part in parts {
            self.missing_secrets.get_or_create(&ByPart { part }).set(0);
        }
    }

    /// An earlier plan is in force since the start or not, and these parts are off.
    pub fn started(&self, is_of_earlier_plan: bool, parts_off: Vec<String>) {
        self.last_good_plan.set(i64::from(is_of_earlier_plan));
        for part in parts_off {
            self.missing_secrets.get_or_create(&ByPart { part }).set(1);
        }
    }

    /// The plan in force is that of the files again.
    pub fn has_plan_of_files(&self) {
        self.last_good_plan.set(0);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPart {
    part: String,
}
