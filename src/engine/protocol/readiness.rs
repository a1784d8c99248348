//! Whether the daemon can accept incidents and page people, with reasons when not.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

/// What `/readyz` shows: each part of the daemon reports for itself, and replaces its own report only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readiness {
    reports: BTreeMap<Part, Report>,
}

/// Probes the disk before a write fails.
pub trait DiskProbe: Send + Sync + 'static {
    /// Why nothing could be recorded now, if so.
    fn ask(&self) -> BoxFuture<'_, Option<String>>;
}

/// A part of the daemon that reports. `/readyz` shows the reports in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The start, until the engine answers.
    Start,
    /// Writing the journal.
    Journal,
    /// Room on the disk.
    Disk,
    /// The loop that decides and pages.
    Engine,
    /// Incidents that nobody but the last resort can be paged about.
    LastResort,
    /// The channels that carry pages.
    Channels,
    /// People whom no channel reaches.
    People,
    /// The rosters, playbooks and settings in force.
    Plan,
    /// Reading the files.
    Reading,
    /// Secrets that cannot be read.
    Secrets,
    /// The copies of settings that were good.
    SettingsCopies,
    /// A new record.
    NewRecord,
    /// The journal's integrity.
    Record,
    /// The data keys.
    DataKeys,
    Log,
}

impl Part {
    fn names_incidents(self) -> bool {
        matches!(self, Self::LastResort | Self::People)
    }
}

/// What one part reports; empty when all is well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Why incidents cannot be accepted, or people cannot be paged.
    pub reasons: Vec<String>,
    /// What needs a person although it works, such as a roster file that is not valid.
    pub warnings: Vec<String>,
    /// Why it is unknown whether people can be paged; these withhold the heartbeat.
    pub doubts: Vec<String>,
}

impl Report {
    pub const fn well() -> Self {
        Self { reasons: Vec::new(), warnings: Vec::new(), doubts: Vec::new() }
    }

    /// Not ready for these reasons; ready if there are none.
    pub fn not_ready(reasons: impl IntoIterator<Item = String>) -> Self {
        Self { reasons: reasons.into_iter().collect(), ..Self::well() }
    }

    /// Ready with these warnings.
    pub fn warnings(warnings: impl IntoIterator<Item = String>) -> Self {
        Self { warnings: warnings.into_iter().collect(), ..Self::well() }
    }
}

impl Readiness {
    /// Replaces what this part reported before.
    pub fn report(&mut self, part: Part, report: Report) {
        self.reports.insert(part, report);
    }

    /// What this part reports, if it has reported anything.
    pub fn reports(&self, part: Part) -> Option<&Report> {
        self.reports.get(&part)
    }

    /// Whether incidents are accepted and people paged.
    pub fn is_ready(&self) -> bool {
        self.reasons().next().is_none()
    }

    /// Reasons to withhold the heartbeat: recording or paging does not work, or may not. Configuration errors alone do
    /// not count.
    pub fn hindrances(&self) -> impl Iterator<Item = &str> {
        let reports = self.reports.iter().filter(|(part, _)| !matches!(part, Part::Plan | Part::Secrets));
        reports.flat_map(|(_, report)| report.reasons.iter().chain(&report.doubts)).map(String::as_str)
    }

    /// The parts that make it not ready, in order.
    pub fn hindering_parts(&self) -> impl Iterator<Item = Part> {
        self.reports.iter().filter(|(_, report)| !report.reasons.is_empty()).map(|(part, _)| *part)
    }

    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reports.values().flat_map(|report| &report.reasons).map(String::as_str)
    }

    /// What is wrong, without the parts that name incidents, which not everybody may know of.
    pub fn without_incidents(&self) -> impl Iterator<Item = &str> {
        let reports = self.reports.iter().filter(|(part, _)| !part.names_incidents());
        let (reports, more) = (reports.clone(), reports);
        let reasons = reports.flat_map(|(_, report)| &report.reasons);
        reasons.chain(more.flat_map(|(_, report)| &report.warnings)).map(String::as_str)
    }

    /// Warnings: what needs a person although paging works.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.reports.values().flat_map(|report| &report.warnings).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_replaces_its_own_report_only() {
        let mut readiness = Readiness::default();
        assert!(readiness.is_ready());
        readiness.report(Part::Plan, Report::warnings(["a roster is broken".to_owned()]));
        readiness.report(Part::Journal, Report::not_ready(["the disk is full".to_owned()]));
        readiness.report(Part::DataKeys, Report::warnings(["a key is missing".to_owned()]));
        assert_eq!(readiness.reasons().collect::<Vec<_>>(), ["the disk is full"]);
        readiness.report(Part::Journal, Report::well());
        assert!(readiness.is_ready());
        readiness.report(Part::Plan, Report::warnings(["another roster is broken".to_owned()]));
        assert_eq!(readiness.warnings().collect::<Vec<_>>(), ["another roster is broken", "a key is missing"]);
    }
}
