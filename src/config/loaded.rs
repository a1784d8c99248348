//! What came of reading the files.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::settings::{LogFormat, Settings};
use crate::config::texts::Texts;
use crate::diagnostic::{Diagnostic, Severity};
use crate::domain::card::Senders;
use crate::domain::plan::Plan;
use crate::domain::zone::rules::Rules;

/// All that the files say, valid as a whole.
#[derive(Debug)]
pub struct Config {
    /// What the daemon needs to run.
    pub settings: Settings,
    /// Rosters and playbooks.
    pub plan: Plan,
}

/// What came of reading the files.
#[derive(Debug)]
pub struct Loaded {
    /// Set exactly when no diagnostic is an error.
    pub config: Option<Config>,
    /// Everything that is wrong, by file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// Where pages come from, as far as it could be understood.
    pub senders: Senders,
    /// How many rosters there are, valid or not.
    pub rosters: usize,
    /// How many playbooks there are, valid or not.
    pub playbooks: usize,
    /// What could be understood although there are errors; without what needs secrets that are not at hand.
    pub(in crate::config) understood: Option<Config>,
    pub(in crate::config) lacks_secrets_alone: bool,
    pub(in crate::config) texts: Texts,
}

impl Loaded {
    /// The plan; also there when nothing is wrong but secrets that are not at hand, which planning needs none of.
    pub fn plan(&self) -> Option<&Plan> {
        let understood = self.understood.as_ref().filter(|_| self.lacks_secrets_alone);
        self.config.as_ref().or(understood).map(|config| &config.plan)
    }

    /// The same for keeping.
    pub fn into_plan(self) -> Option<Plan> {
        self.config.or(self.understood.filter(|_| self.lacks_secrets_alone)).map(|config| config.plan)
    }

    /// What is in the configuration file; nothing where it cannot be read.
    pub fn settings_text(&self) -> String {
        self.texts.sources.get(self.texts.main.as_str()).map(|source| source.text().to_owned()).unwrap_or_default()
    }

    /// The parts that are off, as their secrets are not at hand, as far as the settings could be understood.
    pub fn parts_off(&self) -> Option<Vec<String>> {
        let config = self.config.as_ref().or(self.understood.as_ref())?;
        Some(config.settings.missing.iter().map(|missing| missing.part.clone()).collect())
    }

    /// Whether nothing is wrong but secrets that are not at hand.
    pub fn lacks_secrets_alone(&self) -> bool {
        self.lacks_secrets_alone
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Every error as one line without the source, fit for a log.
    pub fn error_lines(&self) -> Vec<String> {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(ToString::to_string).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

/// What decides the reading beside the files.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The day that reviews are due by.
    pub today: NaiveDate,
    /// How to log, unless the file says otherwise.
    pub log_by_default: LogFormat,
    /// The time zones that rosters may name.
    pub rules: Arc<Rules>,
}
