//! Which playbook answers an incident.

use std::collections::BTreeSet;
use std::sync::Arc;

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
