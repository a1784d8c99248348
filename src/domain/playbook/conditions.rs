//! Conditions on an incident for a playbook to match it.

use serde::{Deserialize, Serialize};

use crate::domain::incident::Incoming;
use crate::domain::label;

/// Conditions in addition to the class; an absent condition is always met.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The classifier's minimum confidence, from 0 to 1.
    pub confidence_at_least: Option<f64>,
    /// Any of these facilities.
    pub facilities: Vec<String>,
    /// Any of these networks.
    pub networks: Vec<String>,
    /// Any of these languages.
    pub languages: Vec<String>,
    /// Any of these flags.
    pub any_flag: Vec<String>,
    /// The minimum reach.
    pub reach_at_least: Option<u64>,
}

impl Conditions {
    /// The number of conditions: of several playbooks that match, the one with the most wins.
    pub fn count(&self) -> usize {
        let lists = [&self.facilities, &self.networks, &self.languages, &self.any_flag];
        let given = lists.iter().filter(|list| !list.is_empty()).count();
        given + usize::from(self.confidence_at_least.is_some()) + usize::from(self.reach_at_least.is_some())
    }

    /// Whether all conditions are met. A missing value in the incident does not meet a condition.
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
