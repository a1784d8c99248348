//! Playbooks: who handles a class of incident, how fast, what they do, and what they never do.

pub mod blank;
mod broken;
pub mod conditions;
pub mod glob;
pub mod ladder;
pub mod matching;
pub mod statement;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::id::{ClassName, DepartmentId, PolicyName, VariantName};
use crate::domain::label;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::glob::Glob;
use crate::domain::playbook::ladder::Ladder;
pub use crate::domain::playbook::statement::Statement;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// A playbook with the ladders it can use: self-contained, so that an incident can keep its version whatever happens to
/// the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Playbook {
    /// The class it handles.
    pub class: ClassName,
    /// Set for `class.variant.toml`.
    pub variant: Option<VariantName>,
    /// Other labels that mean this class.
    pub also: Vec<Glob>,
    /// The class's title, for people who have signed in or have a link.
    pub title: String,
    /// The only text of a playbook that appears on a page.
    pub page_title: String,
    /// The default severity of the class.
    pub severity: Severity,
    /// Used unless a promotion or the after-hours rules say otherwise.
    pub ladder: Arc<Ladder>,
    /// Each one gets a track.
    pub departments: Vec<DepartmentId>,
    /// Shown on the page and measured in reports.
    pub acknowledge_within: Wait,
    /// From acknowledgement to the first note or the resolution; after it, people are paged again.
    pub act_within: Option<Wait>,
    /// The contact for questions about the file.
    pub owner: Option<String>,
    /// The date by which the file must be reviewed.
    pub review_by: Option<NaiveDate>,
    /// Conditions in addition to the class.
    pub conditions: Conditions,
    /// What raises the severity and changes the ladder.
    pub promotions: Vec<Promotion>,
    /// Rules for departments that are not staffed when the incident opens.
    pub after_hours: Option<AfterHours>,
    pub actions: Vec<Action>,
    pub guidance: Guidance,
    /// The policies to have at hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyName>,
    /// Prepared texts.
    pub statements: Vec<Statement>,
    /// The ladder named for each severity, used when the severity is raised to it.
    pub ladders: BTreeMap<Severity, Arc<Ladder>>,
    /// Its hash, computed once.
    #[serde(skip)]
    pub known_hash: KnownHash,
}

/// The hash of a playbook that no longer changes, computed on first use.
#[derive(Debug, Clone, Default)]
pub struct KnownHash(OnceLock<Digest>);

impl PartialEq for KnownHash {
    /// Whether it was computed makes no difference.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Playbook {
    /// `class`, or `class.variant`.
    pub fn name(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}.{variant}", self.class),
            None => self.class.to_string(),
        }
    }

    /// The hash under which the record keeps this version.
    pub fn hash(&self) -> Digest {
        let text = || serde_json::to_vec(self).unwrap_or_default();
        *self.known_hash.0.get_or_init(|| Digest::of(&text()))
    }

    /// Every ladder that an incident of this playbook can use, possibly with duplicates: its own, those named by
    /// promotions and after-hours rules, and those of higher severities that a promotion or the source can raise it to.
    pub fn all_ladders(&self) -> impl Iterator<Item = &Ladder> {
        let promoted = self.promotions.iter().filter_map(|promotion| promotion.ladder.as_ref());
        let after_hours = self.after_hours.iter().filter_map(|rules| rules.ladder.as_ref());
        let graver = self.ladders.iter().filter(|(severity, _)| **severity > self.severity).map(|(_, ladder)| ladder);
        [&self.ladder].into_iter().chain(promoted).chain(after_hours).chain(graver).map(Arc::as_ref)
    }

    /// The highest severity at which an incident of this playbook can use a ladder; `None` if it never does.
    pub fn gravest_on(&self, ladder: &str) -> Option<Severity> {
        let own = [(&self.ladder, self.severity)].into_iter();
        let after_hours = self.after_hours.iter().filter_map(|rules| Some((rules.ladder.as_ref()?, self.severity)));
        let promoted = self.promotions.iter().filter_map(|promotion| {
            Some((promotion.ladder.as_ref()?, promotion.severity.unwrap_or(self.severity).max(self.severity)))
        });
        let climbed = own.chain(after_hours).chain(promoted).filter(|(one, _)| one.name == ladder);
        climbed.map(|(_, severity)| severity).max()
    }

    /// The ladder with this name, among those that an incident of this playbook can use.
    pub fn ladder_named(&self, name: &str) -> &Ladder {
        self.all_ladders().find(|ladder| ladder.name == name).unwrap_or(&self.ladder)
    }

    /// The severity and the ladder of a department's track.
    ///
    /// The severity is the highest of the playbook's own, the source's, and those of the promotions that apply: a
    /// source can raise it but never lower it. The ladder is the one named by the most severe promotion that names one;
    /// otherwise the one for the severity, if that was raised; otherwise the after-hours one; otherwise the playbook's.
    pub fn severity_and_ladder(
        &self,
        asked: Option<Severity>,
        seen: &Seen,
        hours: Staffing,
    ) -> (Severity, Arc<Ladder>) {
        let holding: Vec<_> = self.promotions.iter().filter(|promotion| promotion.when.holds(seen)).collect();
        let lifted = holding.iter().filter_map(|promotion| promotion.severity).chain(asked);
        let severity = lifted.fold(self.severity, Severity::max);
        let named =
            holding.iter().filter(|promotion| promotion.ladder.is_some()).max_by_key(|promotion| promotion.severity);
        let after_hours = self.after_hours.as_ref().filter(|_| hours == Staffing::AfterHours);
        let ladder = named
            .and_then(|promotion| promotion.ladder.as_ref())
            .filter(|_| named.is_some_and(|promotion| promotion.severity.unwrap_or(severity) == severity))
            .or_else(|| self.ladders.get(&severity).filter(|_| severity > self.severity))
            .or_else(|| after_hours.and_then(|rules| rules.ladder.as_ref()))
            .unwrap_or(&self.ladder);
        (severity, Arc::clone(ladder))
    }
}

/// Whether a department is staffed when the incident opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staffing {
    /// Within its hours.
    Hours,
    /// Outside its hours.
    AfterHours,
}

/// What is known about an incident that can promote it, collected over its repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Flags such as `posting-now`.
    pub flags: Vec<Box<str>>,
    /// The largest reach reported.
    pub reach: Option<u64>,
}

/// Raises the severity or changes the ladder, at the opening or later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    pub when: Trigger,
    pub severity: Option<Severity>,
    pub ladder: Option<Arc<Ladder>>,
}

/// The criteria of a promotion; all that are given must be met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Any of these flags has been seen.
    pub any_flag: Vec<String>,
    /// At least this reach has been seen.
    pub reach_at_least: Option<u64>,
}

impl Trigger {
    /// Whether all criteria are met.
    pub fn holds(&self, seen: &Seen) -> bool {
        let flagged = self.any_flag.is_empty()
            || self.any_flag.iter().any(|flag| seen.flags.iter().any(|one| label::is_same(one, flag)));
        let reached = self.reach_at_least.is_none_or(|mark| seen.reach.is_some_and(|reach| reach >= mark));
        flagged && reached
    }
}

/// Rules for departments that are not staffed when the incident opens; they replace the playbook's values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterHours {
    pub acknowledge_within: Option<Wait>,
    pub act_within: Option<Wait>,
    pub ladder: Option<Arc<Ladder>>,
    /// The track waits until the department opens; never for a critical incident.
    pub hold: bool,
    /// Paged immediately instead of a waiting department.
    pub instead: Vec<DepartmentId>,
}

/// One action to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    pub department: DepartmentId,
    /// Counted from the opening.
    pub within: Option<Wait>,
    #[serde(rename = "do")]
    pub task: String,
}

/// Guidance for people who act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guidance {
    #[serde(rename = "do")]
    pub advice: Vec<String>,
    pub do_not: Vec<String>,
    /// Examples from other hospitals.
    pub examples: Vec<String>,
}
