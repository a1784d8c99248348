//! Playbooks: who answers a class of incident, how fast, what they do, and what they never do.

mod broken;
pub mod conditions;
pub mod glob;
pub mod ladder;
pub mod matching;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::id::{ClassName, DepartmentId, VariantName};
use crate::domain::label;
use crate::domain::playbook::conditions::Conditions;
use crate::domain::playbook::glob::Glob;
use crate::domain::playbook::ladder::Ladder;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

/// One playbook with the ladders that it can climb: whole in itself, so that an incident can keep the version it opened
/// with whatever happens to the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Playbook {
    /// The class that it answers.
    pub class: ClassName,
    /// Set for `class.variant.toml`.
    pub variant: Option<VariantName>,
    /// Other labels that mean this class.
    pub also: Vec<Glob>,
    /// The class in words, for people who have signed in or hold a link.
    pub title: String,
    /// The only words of a playbook that a page carries.
    pub page_title: String,
    /// How grave the class is by itself.
    pub severity: Severity,
    /// Climbed unless a promotion or the hour says otherwise.
    pub ladder: Arc<Ladder>,
    /// Each becomes one track.
    pub departments: Vec<DepartmentId>,
    /// Shown on the page and measured in reports.
    pub acknowledge_within: Wait,
    /// From acknowledgement to a first note or the resolution; else paged again.
    pub act_within: Option<Wait>,
    /// Whom to ask about the file.
    pub owner: Option<String>,
    /// The day by which somebody looks the file over.
    pub review_by: Option<NaiveDate>,
    /// What must hold beside the class.
    pub conditions: Conditions,
    /// What lifts severity and ladder.
    pub promotions: Vec<Promotion>,
    /// What differs for a department that is not staffed at the opening.
    pub after_hours: Option<AfterHours>,
    /// What is to be done.
    pub actions: Vec<Action>,
    /// What helps whoever does it.
    pub guidance: Guidance,
    /// Texts for use by people, after approval.
    pub statements: Vec<Statement>,
    /// The ladder named for each severity, climbed when a severity is lifted to it.
    pub ladders: BTreeMap<Severity, Arc<Ladder>>,
    /// Its hash, worked out once.
    #[serde(skip)]
    pub known_hash: KnownHash,
}

/// The hash of a playbook that does not change any more, once somebody has asked for it.
#[derive(Debug, Clone, Default)]
pub struct KnownHash(OnceLock<Digest>);

impl PartialEq for KnownHash {
    /// Whether it has been asked for makes no difference.
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

    /// Under which hash the record keeps this version.
    pub fn hash(&self) -> Digest {
        let text = || serde_json::to_vec(self).unwrap_or_default();
        *self.known_hash.0.get_or_init(|| Digest::of(&text()))
    }

    /// Every ladder that an incident of this playbook can climb, some of them more than once: its own, those that its
    /// promotions and the hour name, and those of the graver severities, to which a promotion or the source can lift it.
    pub fn climbable_ladders(&self) -> impl Iterator<Item = &Ladder> {
        let promoted = self.promotions.iter().filter_map(|promotion| promotion.ladder.as_ref());
        let after_hours = self.after_hours.iter().filter_map(|rules| rules.ladder.as_ref());
        let graver = self.ladders.iter().filter(|(severity, _)| **severity > self.severity).map(|(_, ladder)| ladder);
        [&self.ladder].into_iter().chain(promoted).chain(after_hours).chain(graver).map(Arc::as_ref)
    }

    /// The gravest severity at which an incident of this playbook can climb a ladder; none where it never does.
    pub fn gravest_on(&self, ladder: &str) -> Option<Severity> {
        let own = [(&self.ladder, self.severity)].into_iter();
        let after_hours = self.after_hours.iter().filter_map(|rules| Some((rules.ladder.as_ref()?, self.severity)));
        let promoted = self.promotions.iter().filter_map(|promotion| {
            Some((promotion.ladder.as_ref()?, promotion.severity.unwrap_or(self.severity).max(self.severity)))
        });
        let climbed = own.chain(after_hours).chain(promoted).filter(|(one, _)| one.name == ladder);
        climbed.map(|(_, severity)| severity).max()
    }

    /// The ladder of that name, among those that an incident of this playbook can climb.
    pub fn ladder_named(&self, name: &str) -> &Ladder {
        self.climbable_ladders().find(|ladder| ladder.name == name).unwrap_or(&self.ladder)
    }

    /// The severity and the ladder of a department's track.
    ///
    /// The severity is the highest of the playbook's own, the source's, and those of the promotions that hold: a source
    /// can lift it and never lowers it. The ladder is that of the gravest promotion that names one, else the one named
    /// for the severity if that was lifted, else the after-hours one, else the playbook's.
    pub fn climb(&self, asked: Option<Severity>, seen: &Seen, hours: Staffing) -> (Severity, Arc<Ladder>) {
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

/// Whether a department is staffed at the opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staffing {
    /// Within its hours.
    Hours,
    /// Outside of them.
    AfterHours,
}

/// What is known of an incident that can lift it, gathered over its repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Flags such as `posting-now`.
    pub flags: Vec<Box<str>>,
    /// The largest reach reported.
    pub reach: Option<u64>,
}

/// Lifts severity and ladder, at once and also later on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// When it does.
    pub when: Trigger,
    /// To which severity.
    pub severity: Option<Severity>,
    /// To which ladder.
    pub ladder: Option<Arc<Ladder>>,
}

/// What makes a promotion hold: all that are given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// At least one of these flags has been seen.
    pub any_flag: Vec<String>,
    /// At least this reach has been seen.
    pub reach_at_least: Option<u64>,
}

impl Trigger {
    /// Whether all that are given hold.
    pub fn holds(&self, seen: &Seen) -> bool {
        let flagged = self.any_flag.is_empty()
            || self.any_flag.iter().any(|flag| seen.flags.iter().any(|one| label::is_same(one, flag)));
        let reached = self.reach_at_least.is_none_or(|mark| seen.reach.is_some_and(|reach| reach >= mark));
        flagged && reached
    }
}

/// What differs for a department that is not staffed at the opening.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterHours {
    /// Instead of the playbook's.
    pub acknowledge_within: Option<Wait>,
    /// Instead of the playbook's.
    pub act_within: Option<Wait>,
    /// Instead of the playbook's.
    pub ladder: Option<Arc<Ladder>>,
    /// The track waits until the department opens; never for a critical incident.
    pub hold: bool,
    /// Paged at once in the place of a track that waits.
    pub instead: Vec<DepartmentId>,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Who does it.
    pub department: DepartmentId,
    /// Counted from the opening.
    pub within: Option<Wait>,
    /// What.
    #[serde(rename = "do")]
    pub task: String,
}

/// What helps whoever acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guidance {
    /// Do.
    #[serde(rename = "do")]
    pub advice: Vec<String>,
    /// Never do.
    pub do_not: Vec<String>,
    /// What happened elsewhere.
    pub examples: Vec<String>,
}

/// A text for use by people, after approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Such as `holding`.
    pub name: String,
    /// The words.
    pub text: String,
    /// Each of them must approve before use.
    pub approve: Vec<DepartmentId>,
}
