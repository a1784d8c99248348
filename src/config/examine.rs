//! Diagnostics for the files and the on-call coverage, shared by `check` and reload.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::config::coverage::latest::Reach;
use crate::config::coverage::{self, Proof};
use crate::config::loaded::Loaded;
use crate::config::zones;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::domain::zone::rules::Rules;

/// How far ahead a reload checks coverage, and the default of `check`.
pub const HORIZON: TimeDelta = TimeDelta::days(90);

/// The period for which coverage is checked, and the time zone rules to compare.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// The date against which reviews are checked.
    pub today: NaiveDate,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// Rules not in force: older ones of the machine, or the built-in ones.
    pub others: Option<&'a Rules>,
}

/// Adds diagnostics of coverage and time zones to those of the files, in order of place.
///
/// A coverage error, such as a gap, is an error in both commands but does not keep the files out of force: pages go to
/// `escalate_to`, while an older roster may be worse. The same is true of a missing secret. Errors that make the files
/// unusable do keep them out of force; then [`Loaded::plan`] is `None`.
pub fn examine(loaded: &mut Loaded, stretch: Stretch<'_>) -> Vec<Reach> {
    let Stretch { today, from, to, others } = stretch;
    let Proof { findings, reaches } = coverage::prove(loaded, from, to);
    loaded.diagnostics.extend(findings);
    loaded.diagnostics.extend(zones::findings(loaded, others, today, (from, to)));
    excuse_secrets(&mut loaded.diagnostics);
    Diagnostic::sort(&mut loaded.diagnostics);
    reaches
}

/// Turns missing secrets into warnings: only the daemon needs them, and people who maintain rosters have no access to
/// them.
fn excuse_secrets(diagnostics: &mut [Diagnostic]) {
    let needed = |one: &&mut Diagnostic| one.code == Code::UnreadSecret && one.severity == Severity::Error;
    for secret in diagnostics.iter_mut().filter(needed) {
        secret.severity = Severity::Warning;
        secret.message += "; without it the daemon starts with that part off, and does not start at all the first time";
    }
}
