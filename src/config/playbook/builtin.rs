//! Built-in playbooks for Wardbell's own incidents, for hospitals that have none of their own.

use crate::config::context::Context;
use crate::config::playbook::ladders::Ladders;
use crate::diagnostic::Spot;
use crate::domain::id::{ClassName, DepartmentId};
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::matching::{CHANNEL_FAILING, SOURCE_SILENT};
use crate::domain::playbook::{Guidance, KnownHash, Playbook};
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// Shown on the page of such an incident.
const ACKNOWLEDGE_WITHIN: Wait = Wait::minutes(10);

/// The texts of a built-in playbook.
pub struct Words {
    class: &'static str,
    title: &'static str,
    page_title: &'static str,
    advice: [&'static str; 2],
    do_not: &'static str,
}

/// For a source that has been silent for too long.
pub const SOURCE_IS_SILENT: Words = Words {
    class: SOURCE_SILENT,
    title: "A source of incidents is silent",
    page_title: "Source silent",
    advice: [
        "Find the source with `wardbell show` and the reference, and ask its administrator whether it is running",
        "Until it reports again, have someone check the posts manually",
    ],
    do_not: "Assume that nothing is happening",
};

/// For a channel whose daily test failed.
pub const CHANNEL_FAILS: Words = Words {
    class: CHANNEL_FAILING,
    title: "A channel for pages fails",
    page_title: "Channel failing",
    advice: [
        "Find the channel with `wardbell show` and the reference, and ask the administrator of Wardbell, the mail server, or the gateway",
        "After the repair, check it with `wardbell test-channels`",
    ],
    do_not: "Rely on the other channel for long: it is the only one left",
};

impl Words {
    /// The playbook; `spot` is where the files ask for it. `None`, with a diagnostic, if there is no ladder for its severity.
    /// reported.
    pub fn playbook(
        &self,
        fallback: &DepartmentId,
        spot: &Spot,
        ladders: &Ladders,
        context: &Context<'_>,
    ) -> Option<Playbook> {
        let severity = Severity::High;
        let class: ClassName = self.class.parse().ok()?;
        Some(Playbook {
            class,
            variant: None,
            also: Vec::new(),
            title: self.title.to_owned(),
            page_title: self.page_title.to_owned(),
            severity,
            ladder: ladders.required_for(severity, spot, context)?,
            departments: vec![fallback.clone()],
            acknowledge_within: ACKNOWLEDGE_WITHIN,
            act_within: None,
            owner: None,
            review_by: None,
            conditions: Conditions::default(),
            promotions: Vec::new(),
            after_hours: None,
            actions: Vec::new(),
            guidance: Guidance {
                advice: self.advice.map(str::to_owned).to_vec(),
                do_not: vec![self.do_not.to_owned()],
                examples: Vec::new(),
            },
            policies: Vec::new(),
            statements: Vec::new(),
            ladders: ladders.by_severity(),
            known_hash: KnownHash::default(),
        })
    }

    /// Whether the hospital has a playbook that matches the class unconditionally.
    pub fn is_answered<'a>(&self, mut playbooks: impl Iterator<Item = &'a Playbook>) -> bool {
        playbooks.any(|one| one.class.as_str() == self.class && one.conditions.count() == 0)
    }
}
