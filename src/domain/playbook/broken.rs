//! The playbook for a broken configuration, unless the hospital has its own.

use std::sync::Arc;

use crate::domain::id::ClassName;
use crate::domain::plan::Plan;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::matching::{CONFIGURATION_BROKEN, UNCLASSIFIED};
use crate::domain::playbook::{Guidance, KnownHash, Playbook};
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// Shown on the page of such an incident.
const ACKNOWLEDGE_WITHIN: Wait = Wait::minutes(10);

/// The ladder to use: the first that exists.
const SEVERITIES: [Severity; 4] = [Severity::High, Severity::Critical, Severity::Moderate, Severity::Low];

impl Plan {
    /// The playbook for a broken configuration: the hospital's own, or one that pages the fallback department.
    pub fn for_broken_configuration(&self) -> Option<Arc<Playbook>> {
        let own = |one: &&Arc<Playbook>| one.class.as_str() == CONFIGURATION_BROKEN && one.conditions.count() == 0;
        self.playbooks.iter().find(own).cloned().or_else(|| self.built_in().map(Arc::new))
    }

    fn built_in(&self) -> Option<Playbook> {
        let class: ClassName = CONFIGURATION_BROKEN.parse().ok()?;
        let unclassified = self.playbooks.iter().find(|one| one.class.as_str() == UNCLASSIFIED)?;
        let ladder = SEVERITIES.iter().find_map(|severity| unclassified.ladders.get(severity));
        Some(Playbook {
            class,
            variant: None,
            also: Vec::new(),
            title: "Wardbell's configuration is broken".to_owned(),
            page_title: "Configuration broken".to_owned(),
            severity: Severity::High,
            ladder: ladder.map_or_else(|| Arc::clone(&unclassified.ladder), Arc::clone),
            departments: vec![self.fallback.clone()],
            acknowledge_within: ACKNOWLEDGE_WITHIN,
            act_within: None,
            owner: None,
            review_by: None,
            conditions: Conditions::default(),
            promotions: Vec::new(),
            after_hours: None,
            actions: Vec::new(),
            guidance: Guidance {
                advice: [
                    "Call your Wardbell administrator: `wardbell show` with the reference lists the files and lines",
                    "On the server, `wardbell check` lists every error and how to fix it, and `/readyz` shows what is not working",
                ]
                .map(str::to_owned)
                .to_vec(),
                do_not: vec![
                    "Rely on recent roster changes before someone has checked: pages may still follow an earlier version"
                        .to_owned(),
                ],
                examples: Vec::new(),
            },
            policies: Vec::new(),
            statements: Vec::new(),
            ladders: unclassified.ladders.clone(),
            known_hash: KnownHash::default(),
        })
    }
}
