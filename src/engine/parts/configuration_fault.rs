//! A configuration that could not be used as is: what is used instead, what is off, and the incident that reports it.

use std::sync::Arc;

use crate::config::settings::MissingSecret;
use crate::config::start::{Origin, Start};
use crate::domain::digest::Digest;
use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::CONFIGURATION_BROKEN;
use crate::engine::protocol::readiness::Report;

/// The most errors listed in an incident; `wardbell check` lists all.
const NAMED_MAX: usize = 20;

/// The key prefix of incidents that end once the configuration is fixed; source names contain no colon.
pub const FIXABLE: &str = "configuration:";

/// The configuration fault that a daemon started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationFault {
    /// What is used instead of broken files.
    in_force: Option<&'static str>,
    /// Whether a start with the settings failed, which only a restart can fix.
    has_failed: bool,
    /// The errors, each with file and line.
    errors: Vec<String>,
    /// The files that these are in.
    broken: Vec<Arc<str>>,
    /// What is off because its secret is missing.
    off: Vec<MissingSecret>,
    /// Evidence that another record exists besides the new one.
    other_record: Option<String>,
    /// The same for the same fault.
    pub key: String,
}

impl ConfigurationFault {
    /// The fault of a start, if any.
    pub fn of(start: &Start) -> Option<Self> {
        let (off, other_record) = (start.config.settings.missing.clone(), start.other_record.clone());
        let in_force = match start.origin {
            Origin::Files if off.is_empty() && other_record.is_none() => return None,
            Origin::Files => None,
            Origin::RecordedPlan => Some(
                "rosters or playbooks have errors, so Wardbell uses the last valid version from its journal: fix them \
                 (`wardbell check` lists the errors)",
            ),
            Origin::LastGoodSettings if start.failed.is_some() => Some(
                "Wardbell cannot use `wardbell.toml`, so it runs with the settings of its last start: fix the file, \
                 then restart Wardbell",
            ),
            Origin::LastGoodSettings => Some(
                "`wardbell.toml` has errors, so Wardbell uses the last valid settings, rosters, and playbooks: fix it \
                 (`wardbell check` lists the errors), then restart Wardbell",
            ),
        };
        let errors = start.errors.iter().filter(|_| in_force.is_some());
        let texts = start.failed.iter().cloned().chain(errors.clone().map(|error| match &error.hint {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        }));
        let broken = errors.clone().filter(|error| !error.code.is_of_secret()).map(|error| Arc::clone(&error.file));
        // Line numbers are left out, because an edit elsewhere moves an error without making it a new fault.
        let mut kinds: Vec<String> = errors.map(|error| format!("{} {}", error.file, error.code)).collect();
        kinds.extend(off.iter().map(|one| one.part.clone()));
        kinds.extend(other_record.iter().cloned());
        kinds.sort_unstable();
        kinds.dedup();
        let digest = Digest::of(kinds.join("\n").as_bytes()).to_string();
        // Valid files do not bring back an earlier record.
        let about = if other_record.is_some() { "record:" } else { FIXABLE };
        let key = format!("{about}{}", digest.get(..16).unwrap_or_default());
        let (errors, broken) = (texts.collect(), broken.collect());
        Some(Self { in_force, has_failed: start.failed.is_some(), errors, broken, off, other_record, key })
    }

    /// Why the current plan is not from the files, if so.
    pub fn of_plan(&self) -> Report {
        Report::not_ready(self.in_force.map(|in_force| match (self.errors.first(), self.errors.len()) {
            (None, _) => in_force.to_owned(),
            (Some(first), 1) => format!("{in_force}: {first}"),
            (Some(first), count) => format!("{in_force}: {first}; and {} more", count - 1),
        }))
    }

    /// What is off; `still` lists the secrets that are still missing.
    pub fn of_secrets(&self, still: &[String]) -> Report {
        Report::not_ready(self.off.iter().map(|one| {
            if still.contains(&one.part) {
                one.message.clone()
            } else {
                format!("the secret for {} is available again: restart Wardbell to use it", one.part)
            }
        }))
    }

    /// Reports that a new record was started although another exists.
    pub fn of_record(&self) -> Report {
        Report::warnings(self.other_record.clone())
    }

    /// What is off, as metrics name it.
    pub fn parts_off(&self) -> Vec<String> {
        self.off.iter().map(|one| one.part.clone()).collect()
    }

    /// The files that have errors.
    pub fn broken_files(&self) -> impl Iterator<Item = Arc<str>> {
        self.broken.iter().cloned()
    }

    /// Whether valid files fix it without a restart.
    pub fn ends_with_valid_files(&self) -> bool {
        !self.has_failed
    }

    /// Whether valid files fix everything.
    pub fn is_fixed_by_valid_files(&self) -> bool {
        self.ends_with_valid_files() && self.off.is_empty() && self.other_record.is_none()
    }

    /// Whether something other than the files is in use.
    pub fn is_of_plan(&self) -> bool {
        self.in_force.is_some()
    }

    /// All parts of the fault, one log line each.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let of_plan = self.in_force.into_iter().chain(self.errors.iter().map(String::as_str));
        of_plan.chain(self.off.iter().map(|one| one.message.as_str())).chain(self.other_record.as_deref())
    }

    /// The incident that reports it.
    pub fn incoming(&self) -> Incoming {
        let mut lines: Vec<&str> = self.lines().take(NAMED_MAX).collect();
        if self.lines().count() > NAMED_MAX {
            lines.push("and more: run `wardbell check` to see all");
        }
        Incoming {
            class: CONFIGURATION_BROKEN.to_owned(),
            dedup_key: Some(self.key.clone()),
            summary: Some(lines.join("\n")),
            ..Incoming::default()
        }
    }
}
