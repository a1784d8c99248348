//! The result of loading the files.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::settings::{LogFormat, Settings};
use crate::config::texts::Texts;
use crate::diagnostic::{Diagnostic, Severity};
use crate::domain::card::Senders;
use crate::domain::plan::Plan;
use crate::domain::zone::rules::Rules;

/// The contents of all files, valid as a whole.
#[derive(Debug)]
pub struct Config {
    /// What the daemon needs to run.
    pub settings: Settings,
    pub plan: Plan,
}

/// The result of loading the files.
#[derive(Debug)]
pub struct Loaded {
    /// Set only if no diagnostic is an error.
    pub config: Option<Config>,
    /// All diagnostics, by file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// The senders of pages, as far as they can be read.
    pub senders: Senders,
    /// The number of rosters, valid or not.
    pub rosters: usize,
    /// The number of playbooks, valid or not.
    pub playbooks: usize,
    /// What was understood despite errors, without the parts whose secrets are missing.
    pub(in crate::config) understood: Option<Config>,
    pub(in crate::config) lacks_secrets_alone: bool,
    pub(in crate::config) texts: Texts,
}

impl Loaded {
    /// The plan. Missing secrets do not matter, because planning needs none.
    pub fn plan(&self) -> Option<&Plan> {
        let understood = self.understood.as_ref().filter(|_| self.lacks_secrets_alone);
        self.config.as_ref().or(understood).map(|config| &config.plan)
    }

    /// The plan, by value.
    pub fn into_plan(self) -> Option<Plan> {
        self.config.or(self.understood.filter(|_| self.lacks_secrets_alone)).map(|config| config.plan)
    }

    /// The text of the configuration file; empty if it cannot be read.
    pub fn settings_text(&self) -> String {
        self.texts.sources.get(self.texts.main.as_str()).map(|source| source.text().to_owned()).unwrap_or_default()
    }

    /// The parts that are off because their secrets are missing, as far as the settings were understood.
    pub fn parts_off(&self) -> Option<Vec<String>> {
        let config = self.config.as_ref().or(self.understood.as_ref())?;
        Some(config.settings.missing.iter().map(|missing| missing.part.clone()).collect())
    }

    /// Whether missing secrets are the only errors.
    pub fn lacks_secrets_alone(&self) -> bool {
        self.lacks_secrets_alone
    }

    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Every error as one line without source text, for a log.
    pub fn error_lines(&self) -> Vec<String> {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(ToString::to_string).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

/// Inputs other than the files.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The date against which reviews are checked.
    pub today: NaiveDate,
    /// The log format, unless the file sets it.
    pub log_by_default: LogFormat,
    /// The time zones that rosters may use.
    pub rules: Arc<Rules>,
}
