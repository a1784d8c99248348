//! Registers metrics. Label values come from closed sets or from the configuration.

use std::fmt;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use crate::domain::id::SourceName;
use crate::domain::page::PageReason;

pub fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

pub fn add_histogram(registry: &mut Registry, name: &str, help: &str, buckets: &[f64]) -> Histogram {
    let histogram = Histogram::new(buckets.iter().copied());
    registry.register(name, help, histogram.clone());
    histogram
}

pub fn set(gauge: &Gauge, count: usize) {
    gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
}

/// The word for a reason in labels and log fields.
pub fn reason_word(reason: PageReason) -> &'static str {
    match reason {
        PageReason::Opened => "opened",
        PageReason::NotAcknowledged => "not-acknowledged",
        PageReason::Repeated => "repeated",
        PageReason::Declined => "declined",
        PageReason::Unreachable => "unreachable",
        PageReason::Involved => "involved",
        PageReason::NobodyFound => "nobody-found",
        PageReason::Escalated => "escalated",
        PageReason::SeverityRose => "severity-rose",
        PageReason::Reclassified => "reclassified",
        PageReason::Reopened => "reopened",
        PageReason::NotActedOn => "not-acted-on",
        PageReason::HolderUnreachable => "holder-unreachable",
        PageReason::LastResort => "last-resort",
        PageReason::HandedOver => "handed-over",
        PageReason::NotTakenOver => "not-taken-over",
        PageReason::Overdue => "overdue",
        PageReason::Owed => "owed",
        PageReason::Approval => "approval",
    }
}

/// A label's value: one of a closed set, or a name from the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Word {
    Fixed(&'static str),
    Source(SourceName),
}

impl Word {
    pub fn of(source: &SourceName) -> Self {
        Self::Source(source.clone())
    }
}

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), fmt::Error> {
        match self {
            Self::Fixed(word) => word.encode(encoder),
            Self::Source(name) => name.as_str().encode(encoder),
        }
    }
}

/// Unix time in seconds.
pub fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1_000.0
}
