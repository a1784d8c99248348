//! What is wrong with the files and with the duty that they give: one rule for `check` and for a reload.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::config::coverage::latest::Reach;
use crate::config::coverage::{self, Proof};
use crate::config::loaded::Loaded;
use crate::config::zones;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::domain::zone::rules::Rules;

/// So far ahead a reload examines the duty, and `check` where it is not told otherwise.
pub const HORIZON: TimeDelta = TimeDelta::days(90);

/// From when on, and how far, the duty is examined, and with which rules of time zones beside those in force.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Reviews are due by this day.
    pub today: NaiveDate,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The rules that are not in force: older ones of the machine, or those that are built in.
    pub others: Option<&'a Rules>,
}

/// Adds what the duty lacks, and what there is to say about time zones, to what is wrong with the files, in order of place.
///
/// An error of the duty, such as a coverage gap, is an error in both commands and keeps no file from being in force: the
/// page goes to `escalate_to`, while an older roster may be worse. So does a secret that is missing. What keeps files from
/// being in force is what makes them unusable, and then [`Loaded::plan`] is none.
pub fn examine(loaded: &mut Loaded, stretch: Stretch<'_>) -> Vec<Reach> {
    let Stretch { today, from, to, others } = stretch;
    let Proof { findings, reaches } = coverage::prove(loaded, from, to);
    loaded.diagnostics.extend(findings);
    loaded.diagnostics.extend(zones::findings(loaded, others, today, (from, to)));
    excuse_secrets(&mut loaded.diagnostics);
    Diagnostic::sort(&mut loaded.diagnostics);
    reaches
}

/// Makes warnings of the secrets that are the daemon's alone: whoever looks after rosters has no right to them, and the
/// files are none the worse for it.
fn excuse_secrets(diagnostics: &mut [Diagnostic]) {
    let needed = |one: &&mut Diagnostic| one.code == Code::UnreadSecret && one.severity == Severity::Error;
    for secret in diagnostics.iter_mut().filter(needed) {
        secret.severity = Severity::Warning;
        secret.message += "; without it the daemon starts with that part off, and does not start at all the first time";
    }
}
