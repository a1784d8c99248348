//! A configuration that could not be used as it is: what is in force instead, what is off, and whom that is reported to.

use std::sync::Arc;

use crate::config::settings::MissingSecret;
use crate::config::start::{Origin, Start};
use crate::domain::digest::Digest;
use crate::domain::incident::Incoming;
use crate::domain::playbook::matching::CONFIGURATION_BROKEN;
use crate::engine::protocol::readiness::Report;

/// An incident names at most this many mistakes; `wardbell check` names all.
const NAMED_MAX: usize = 20;

/// What the keys of incidents begin with that are over once the configuration is whole; no name of a source has a colon.
pub const FIXABLE: &str = "configuration:";

/// What is wrong with the configuration that a daemon has started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationFault {
    /// What is in force instead of the files, where they are broken.
    in_force: Option<&'static str>,
    /// Whether a start with the settings has failed, which only another start can do better.
    has_failed: bool,
    /// What is wrong with them, each with its file and line.
    mistakes: Vec<String>,
    /// The files that these are in.
    broken: Vec<Arc<str>>,
    /// What is off, as its secret is not at hand.
    off: Vec<MissingSecret>,
    /// What says that there was another record than the new one, if anything does.
    other_record: Option<String>,
    /// The same for the same fault.
    pub key: String,
}

impl ConfigurationFault {
    /// What is wrong with a start, if anything is.
    pub fn of(start: &Start) -> Option<Self> {
        let (off, other_record) = (start.config.settings.missing.clone(), start.other_record.clone());
        let in_force = match start.origin {
            Origin::Files if off.is_empty() && other_record.is_none() => return None,
            Origin::Files => None,
            Origin::RecordedPlan => Some(
                "rosters or playbooks are broken, so Wardbell uses the last good ones from its record: fix them (`wardbell \
                 check` names the mistakes)",
            ),
            Origin::LastGoodSettings if start.failed.is_some() => Some(
                "Wardbell cannot use `wardbell.toml`, so it runs with the settings of its last start: fix the file, then \
                 restart the daemon",
            ),
            Origin::LastGoodSettings => Some(
                "`wardbell.toml` is broken, so Wardbell uses the last good settings, rosters and playbooks: fix it (`wardbell \
                 check` names the mistakes), then restart the daemon",
            ),
        };
        let errors = start.errors.iter().filter(|_| in_force.is_some());
        let mistakes = start.failed.iter().cloned().chain(errors.clone().map(|error| match &error.hint {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        }));
        let broken = errors.clone().filter(|error| !error.code.is_of_secret()).map(|error| Arc::clone(&error.file));
        // An edit above it moves a mistake, and makes no other fault of it.
        let mut kinds: Vec<String> = errors.map(|error| format!("{} {}", error.file, error.code)).collect();
        kinds.extend(off.iter().map(|one| one.part.clone()));
        kinds.extend(other_record.iter().cloned());
        kinds.sort_unstable();
        kinds.dedup();
        let digest = Digest::of(kinds.join("\n").as_bytes()).to_string();
        // Valid files do not bring an earlier record back.
        let about = if other_record.is_some() { "record:" } else { FIXABLE };
        let key = format!("{about}{}", digest.get(..16).unwrap_or_default());
        let (mistakes, broken) = (mistakes.collect(), broken.collect());
        Some(Self { in_force, has_failed: start.failed.is_some(), mistakes, broken, off, other_record, key })
    }

    /// Why the plan in force is not that of the files; all is well where it is.
    pub fn of_plan(&self) -> Report {
        Report::not_ready(self.in_force.map(|in_force| match (self.mistakes.first(), self.mistakes.len()) {
            (None, _) => in_force.to_owned(),
            (Some(first), 1) => format!("{in_force}: {first}"),
            (Some(first), count) => format!("{in_force}: {first}; and {} more", count - 1),
        }))
    }

    /// What is off; `still` names those whose secret is still not at hand.
    pub fn of_secrets(&self, still: &[String]) -> Report {
        Report::not_ready(self.off.iter().map(|one| {
            if still.contains(&one.part) {
                one.message.clone()
            } else {
                format!("the secret of {} is there again: restart the daemon to use it", one.part)
            }
        }))
    }

    /// That a new record began although there was another.
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

    /// Whether valid files end it without another start.
    pub fn ends_with_valid_files(&self) -> bool {
        !self.has_failed
    }

    /// Whether nothing is wrong any more once the files are valid.
    pub fn is_fixed_by_valid_files(&self) -> bool {
        self.ends_with_valid_files() && self.off.is_empty() && self.other_record.is_none()
    }

    /// Whether something else than the files is in force.
    pub fn is_of_plan(&self) -> bool {
        self.in_force.is_some()
    }

    /// Everything, for the log: a line each.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let of_plan = self.in_force.into_iter().chain(self.mistakes.iter().map(String::as_str));
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
