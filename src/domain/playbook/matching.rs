//! Selects the playbook for an incident.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::id::ClassName;
use crate::domain::incident::Incoming;
use crate::domain::label;
use crate::domain::playbook::{Playbook, Seen};

/// The class whose playbook handles incidents that match no other.
pub const UNCLASSIFIED: &str = "unclassified";

/// The class of Wardbell's own incident about a silent source.
pub const SOURCE_SILENT: &str = "source-silent";

/// The class of Wardbell's own incident about a failed daily channel test.
pub const CHANNEL_FAILING: &str = "channel-failing";

/// The class of Wardbell's own incident about starting with a broken configuration.
pub const CONFIGURATION_BROKEN: &str = "configuration-broken";

/// The playbook for an incident of this class; unmatched incidents go to `unclassified`.
///
/// Of several that match, the one with the most conditions wins. A tie is an error that `check` reports; here, the
/// exact class wins over a label under `also`, then the most severe, then the first by name.
pub fn choose<'plan>(
    playbooks: &'plan [Arc<Playbook>],
    class: &str,
    incident: &Incoming,
) -> Option<&'plan Arc<Playbook>> {
    let class = &*label::folded(class);
    let is_fallback = |playbook: &Playbook| playbook.class.as_str() == UNCLASSIFIED && playbook.variant.is_none();
    // A label that one variant names under `also` means the class of all its variants.
    let answering = playbooks.iter().filter(|playbook| playbook.answers(class));
    let classes: BTreeSet<&ClassName> = answering.map(|playbook| &playbook.class).collect();
    playbooks
        .iter()
        .filter(|playbook| classes.contains(&playbook.class) && playbook.conditions.hold(incident))
        .max_by_key(|playbook| {
            let exact = playbook.class.as_str() == class;
            (playbook.conditions.count(), exact, playbook.severity, std::cmp::Reverse(playbook.name()))
        })
        .or_else(|| playbooks.iter().find(|playbook| is_fallback(playbook)))
}

impl Playbook {
    /// Whether this playbook handles a class, or a label that means it.
    pub fn answers(&self, class: &str) -> bool {
        label::is_same(self.class.as_str(), class) || self.also.iter().any(|glob| glob.matches(class))
    }
}

/// The maximum number of flags an incident collects over its repeats: playbooks know a handful, and a source that keeps
/// inventing new ones must not slow down the others.
const FLAGS_MAX: usize = 256;

impl Seen {
    /// The promotion criteria of one incoming incident.
    pub fn of(incident: &Incoming) -> Self {
        Self { flags: incident.flags.iter().map(|flag| flag.as_str().into()).collect(), reach: incident.reach }
    }

    /// Combined with everything in a repeat, even beyond the limit.
    pub fn with(&self, repeat: &Self) -> Self {
        let flags = self.flags.iter().chain(&repeat.flags).cloned().collect();
        Self { flags, reach: self.reach.max(repeat.reach) }
    }

    /// Adds a repeat's values. Flags beyond [`FLAGS_MAX`] are not stored; they count only in the repeat that brings
    /// them.
    pub fn add(&mut self, other: &Self) {
        self.reach = self.reach.max(other.reach);
        for flag in &other.flags {
            if self.flags.len() < FLAGS_MAX && !self.flags.contains(flag) {
                self.flags.push(flag.clone());
            }
        }
    }
}
