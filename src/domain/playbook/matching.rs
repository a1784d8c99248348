//! Which playbook answers an incident.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::id::ClassName;
use crate::domain::incident::Incoming;
use crate::domain::label;
use crate::domain::playbook::{Playbook, Seen};

/// The class whose playbook answers what no other does.
pub const UNCLASSIFIED: &str = "unclassified";

/// The class of the house's own incident that a source is not heard from.
pub const SOURCE_SILENT: &str = "source-silent";

/// The class of the house's own incident that a channel's daily test failed.
pub const CHANNEL_FAILING: &str = "channel-failing";

/// The class of Wardbell's own incident that it has started with a broken configuration.
pub const CONFIGURATION_BROKEN: &str = "configuration-broken";

/// What must hold of an incident beside its class; what is left out always holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The classifier was at least this sure, from 0 to 1.
    pub confidence_at_least: Option<f64>,
    /// One of these facilities.
    pub facilities: Vec<String>,
    /// One of these networks.
    pub networks: Vec<String>,
    /// One of these languages.
    pub languages: Vec<String>,
    /// At least one of these flags.
    pub any_flag: Vec<String>,
    /// At least this reach.
    pub reach_at_least: Option<u64>,
}

impl Conditions {
    /// How many are given: of several playbooks that match, the one with most wins.
    pub fn count(&self) -> usize {
        let lists = [&self.facilities, &self.networks, &self.languages, &self.any_flag];
        let given = lists.iter().filter(|list| !list.is_empty()).count();
        given + usize::from(self.confidence_at_least.is_some()) + usize::from(self.reach_at_least.is_some())
    }

    /// Whether all that are given hold. What an incident does not say does not hold.
    pub fn hold(&self, incident: &Incoming) -> bool {
        let one_of = |wanted: &[String], given: &Option<String>| {
            wanted.is_empty()
                || given.as_ref().is_some_and(|given| wanted.iter().any(|one| one.eq_ignore_ascii_case(given)))
        };
        self.confidence_at_least.is_none_or(|mark| incident.confidence.is_some_and(|sure| sure >= mark))
            && one_of(&self.facilities, &incident.facility)
            && one_of(&self.networks, &incident.network)
            && one_of(&self.languages, &incident.language)
            && (self.any_flag.is_empty()
                || self.any_flag.iter().any(|flag| incident.flags.iter().any(|given| label::is_same(given, flag))))
            && self.reach_at_least.is_none_or(|mark| incident.reach.is_some_and(|reach| reach >= mark))
    }
}

/// The playbook that answers an incident of this class; what none matches goes to `unclassified`.
///
/// Of several that match, the one with most conditions wins. A tie is a mistake that `check` reports; here it goes to
/// the exact class before a label under `also`, then to the gravest, then to the first by name.
pub fn choose<'plan>(
    playbooks: &'plan [Arc<Playbook>],
    class: &str,
    incident: &Incoming,
) -> Option<&'plan Arc<Playbook>> {
    let class = &*label::folded(class);
    let is_fallback = |playbook: &Playbook| playbook.class.as_str() == UNCLASSIFIED && playbook.variant.is_none();
    playbooks
        .iter()
        .filter(|playbook| answers(playbooks, &playbook.class, class) && playbook.conditions.hold(incident))
        .max_by_key(|playbook| {
            let exact = playbook.class.as_str() == class;
            (playbook.conditions.count(), exact, playbook.severity, std::cmp::Reverse(playbook.name()))
        })
        .or_else(|| playbooks.iter().find(|playbook| is_fallback(playbook)))
}

/// Whether a label means a class: by its name, or under `also` in any variant's file.
fn answers(playbooks: &[Arc<Playbook>], class: &ClassName, label: &str) -> bool {
    playbooks.iter().any(|playbook| playbook.class == *class && playbook.answers(label))
}

impl Playbook {
    /// Whether a class, or a label that means it, is this playbook's.
    pub fn answers(&self, class: &str) -> bool {
        label::is_same(self.class.as_str(), class) || self.also.iter().any(|glob| glob.matches(class))
    }
}

/// An incident gathers at most this many flags over its repeats: playbooks know a handful, and a source that invents ever
/// new ones must not slow down the others.
const FLAGS_MAX: usize = 256;

impl Seen {
    /// What one incoming incident shows.
    pub fn of(incident: &Incoming) -> Self {
        Self { flags: incident.flags.iter().map(|flag| flag.as_str().into()).collect(), reach: incident.reach }
    }

    /// Together with all that a repeat shows, also where that is more than is gathered.
    pub fn with(&self, repeat: &Self) -> Self {
        let flags = self.flags.iter().chain(&repeat.flags).cloned().collect();
        Self { flags, reach: self.reach.max(repeat.reach) }
    }

    /// Adds what a repeat shows. Flags beyond [`FLAGS_MAX`] are not gathered: they count in the repeat that brings them.
    pub fn add(&mut self, other: &Self) {
        self.reach = self.reach.max(other.reach);
        for flag in &other.flags {
            if self.flags.len() < FLAGS_MAX && !self.flags.contains(flag) {
                self.flags.push(flag.clone());
            }
        }
    }
}

/// A label pattern in which `*` stands for any run of characters, also none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Glob(String);

/// The pattern would match everything, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a label pattern needs at least one character beside `*`")]
pub struct BadGlob;

impl FromStr for Glob {
    type Err = BadGlob;
    fn from_str(text: &str) -> Result<Self, BadGlob> {
        if text.chars().all(|character| character == '*') { Err(BadGlob) } else { Ok(Self(text.to_owned())) }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl Glob {
    /// Whether the whole label fits the pattern; case and surrounding space do not count.
    pub fn matches(&self, label: &str) -> bool {
        let (pattern, label) = (label::folded(&self.0), label::folded(label));
        let mut parts = pattern.split('*');
        let Some(rest) = parts.next().and_then(|first| label.strip_prefix(first)) else { return false };
        let middle: Vec<_> = parts.collect();
        let Some((last, middle)) = middle.split_last() else { return rest.is_empty() };
        let after_middle =
            middle.iter().try_fold(rest, |rest, part| rest.find(part).map(|at| &rest[at + part.len()..]));
        after_middle.is_some_and(|rest| rest.ends_with(last))
    }

    /// Whether some label fits both patterns, judged well enough for a warning: one matches the other's text.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.matches(&other.0) || other.matches(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_labels() {
        for (glob, label, fits) in [
            ("hipaa.*", "hipaa.staff", true),
            ("hipaa.*", "hipaa.", true),
            ("hipaa.*", "xhipaa.a", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("*end", "the end", true),
            ("aa*aa", "aaa", false),
            ("Hipaa.*", " HIPAA.Staff ", true),
        ] {
            assert_eq!(glob.parse::<Glob>().unwrap().matches(label), fits, "{glob} {label}");
        }
        assert_eq!("**".parse::<Glob>(), Err(BadGlob));
    }
}
