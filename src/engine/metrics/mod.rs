//! Metrics. Label values come from closed sets or the configuration, never from a payload.

pub mod gauges;
pub mod labels;
pub mod record_counts;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::domain::contact::ChannelKind;
use crate::domain::id::SourceName;
use crate::domain::outcome::Outcome;
use crate::domain::page::PageReason;
use crate::engine::metrics::gauges::Gauges;
use crate::engine::metrics::labels::{Word, add, add_histogram, reason_word, set};
use crate::engine::protocol::refused::{RefusedFor, SignInFailedFor};

/// Buckets from opening to first acknowledgement, around typical playbook timeouts.
const ANSWER_SECONDS: [f64; 10] = [15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 14_400.0];

/// Seconds by which an escalation step was late: the promise is one.
const LATENESS_SECONDS: [f64; 9] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0];

/// Buckets for a durable append.
const APPEND_SECONDS: [f64; 10] = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0, 5.0];

const OUTCOMES: [&str; 3] = ["accepted", "retry", "permanent"];

/// All metrics of the daemon, shared by engine and web.
pub struct Metrics {
    registry: Registry,
    accepted: Family<BySource, Counter>,
    folded: Family<BySource, Counter>,
    refused: Family<ByRefusal, Counter>,
    sign_in_failures: Family<ByRefusal, Counter>,
    pages: Family<ByReason, Counter>,
    attempts: Family<ByOutcome, Counter>,
    acknowledgements: Counter,
    declines: Counter,
    open: Gauge,
    outbox_waiting: Gauge,
    last_seq: Gauge,
    unreadable_data_keys: Gauge,
    reload_failures: Counter,
    first_acknowledgement: Histogram,
    lateness: Histogram,
    append: Histogram,
    /// Gauges of the engine's health.
    pub gauges: Gauges,
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("wardbell");
        let attempts = add(&mut registry, "attempts", "Attempts to hand a page to a provider, by channel and outcome");
        // Series start at zero, so that alerts can compare with earlier values.
        for (channel, outcome) in ChannelKind::ALL.iter().flat_map(|channel| OUTCOMES.map(|outcome| (channel, outcome)))
        {
            let labels = ByOutcome { channel: Word::Fixed(channel.word()), outcome: Word::Fixed(outcome) };
            let _zero = Family::<ByOutcome, Counter>::get_or_create(&attempts, &labels);
        }
        let sign_in_failures = add(&mut registry, "sign_in_failures", "Failed attempts to sign in, by reason");
        for reason in SignInFailedFor::ALL {
            let labels = ByRefusal { reason: Word::Fixed(reason.word()) };
            let _zero = Family::<ByRefusal, Counter>::get_or_create(&sign_in_failures, &labels);
        }
        Self {
            sign_in_failures,
            gauges: Gauges::new(&mut registry),
            accepted: add(&mut registry, "incidents_accepted", "Incidents opened, by source"),
            folded: add(&mut registry, "incidents_folded", "Repeats folded into an open incident, by source"),
            refused: add(&mut registry, "incidents_refused", "Incidents refused, by reason"),
            pages: add(&mut registry, "pages", "Pages made, by reason"),
            attempts,
            acknowledgements: add(&mut registry, "acknowledgements", "Tracks acknowledged"),
            declines: add(&mut registry, "declines", "Pages declined"),
            open: add(&mut registry, "incidents_open", "Unresolved incidents"),
            outbox_waiting: add(&mut registry, "outbox_waiting", "Attempts that are due but not yet made"),
            last_seq: add(&mut registry, "journal_last_seq", "Sequence number of the last journal record"),
            unreadable_data_keys: add(
                &mut registry,
                "data_keys_unreadable",
                "Data keys that cannot be opened, so their sealed text cannot be read",
            ),
            reload_failures: add(
                &mut registry,
                "plan_reload_failures",
                "Reloads that failed and kept the previous version",
            ),
            first_acknowledgement: add_histogram(
                &mut registry,
                "first_acknowledgement_seconds",
                "Seconds from an incident's opening to its first acknowledgement",
                &ANSWER_SECONDS,
            ),
            lateness: add_histogram(
                &mut registry,
                "step_lateness_seconds",
                "Seconds by which an escalation step was late",
                &LATENESS_SECONDS,
            ),
            append: add_histogram(
                &mut registry,
                "journal_append_seconds",
                "Seconds to write a batch of records durably",
                &APPEND_SECONDS,
            ),
            registry,
        }
    }

    pub fn accepted(&self, source: &SourceName) {
        self.accepted.get_or_create(&BySource { source: Word::of(source) }).inc();
    }

    pub fn folded(&self, source: &SourceName) {
        self.folded.get_or_create(&BySource { source: Word::of(source) }).inc();
    }

    /// Counts a refused incident; called by the web server.
    pub fn refused(&self, reason: RefusedFor) {
        self.refused.get_or_create(&ByRefusal { reason: Word::Fixed(reason.word()) }).inc();
    }

    /// Counts a failed attempt to sign in; called by the web server.
    pub fn sign_in_failed(&self, reason: SignInFailedFor) {
        self.sign_in_failures.get_or_create(&ByRefusal { reason: Word::Fixed(reason.word()) }).inc();
    }

    /// How many data keys cannot be opened.
    pub fn set_unreadable_data_keys(&self, count: u64) {
        self.unreadable_data_keys.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub fn page_made(&self, reason: PageReason) {
        self.pages.get_or_create(&ByReason { reason: Word::Fixed(reason_word(reason)) }).inc();
    }

    pub fn attempted(&self, channel: ChannelKind, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Accepted { .. } => "accepted",
            Outcome::Retry { .. } => "retry",
            Outcome::Permanent { .. } => "permanent",
        };
        let labels = ByOutcome { channel: Word::Fixed(channel.word()), outcome: Word::Fixed(outcome) };
        self.attempts.get_or_create(&labels).inc();
    }

    pub fn acknowledged(&self) {
        self.acknowledgements.inc();
    }

    /// The time from an incident's opening to its first acknowledgement.
    pub fn first_acknowledged(&self, after: Duration) {
        self.first_acknowledgement.observe(after.as_secs_f64());
    }

    pub fn declined(&self) {
        self.declines.inc();
    }

    /// How many incidents are unresolved.
    pub fn set_open(&self, incidents: usize) {
        set(&self.open, incidents);
    }

    /// How late a step fired.
    pub fn step_fired(&self, lateness: Duration) {
        self.lateness.observe(lateness.as_secs_f64());
    }

    /// How long a durable append took.
    pub fn appended(&self, took: Duration) {
        self.append.observe(took.as_secs_f64());
    }

    /// How many attempts are due but not yet made.
    pub fn set_outbox_waiting(&self, attempts: usize) {
        set(&self.outbox_waiting, attempts);
    }

    /// A reload failed and kept the previous plan.
    pub fn plan_reload_failed(&self) {
        self.reload_failures.inc();
        self.gauges.plan_is_read(false);
    }

    /// The sequence number of the last journal record.
    pub fn set_last_seq(&self, seq: u64) {
        self.last_seq.set(i64::try_from(seq).unwrap_or(i64::MAX));
    }

    /// Everything, in the text format of OpenMetrics, which Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(8 * 1_024);
        // Writing to a string fails only if a metric's own encoding does, and these are the library's.
        let _infallible: fmt::Result = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BySource {
    source: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRefusal {
    reason: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: Word,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    channel: Word,
    outcome: Word,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let metrics = Metrics::new();
        metrics.accepted(&"desk".parse().unwrap());
        metrics.page_made(PageReason::NotActedOn);
        metrics.attempted(ChannelKind::Sms, &Outcome::Accepted { provider_id: None });
        metrics.set_last_seq(7);
        metrics.step_fired(Duration::from_millis(30));
        let text = metrics.text();
        for line in [
            "wardbell_incidents_accepted_total{source=\"desk\"} 1",
            "wardbell_pages_total{reason=\"not-acted-on\"} 1",
            "wardbell_attempts_total{channel=\"sms\",outcome=\"accepted\"} 1",
            "wardbell_journal_last_seq 7",
            "wardbell_step_lateness_seconds_bucket{le=\"0.05\"} 1",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
        }
    }
}
