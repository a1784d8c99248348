//! The state of one incident, as small as decisions allow: it contains no text from the post.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
pub use crate::domain::escalation::open_page::{Delivery, OpenPage};
use crate::domain::escalation::owed::state::Owed;
use crate::domain::escalation::position::{Because, Next, StepPosition};
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::escalation::statements::state::Statements;
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId, SourceName};
use crate::domain::involved::Involved;
use crate::domain::person_id::PersonId;
use crate::domain::playbook::ladder::Ladder;
use crate::domain::playbook::{Playbook, Seen};
use crate::domain::principal::Principal;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    pub source: SourceName,
    /// The signed-in person who opened it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reporter: Option<PersonId>,
    /// The hospital's class for the label it arrived with.
    pub class: Box<str>,
    /// The source's dedup key.
    pub dedup_key: Option<Box<str>>,
    pub playbook: Box<str>,
    /// The hash of its current playbook version, under which the record keeps it.
    pub playbook_hash: Digest,
    /// What remains of its previous playbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Box<Earlier>>,
    /// After promotions; never falls.
    pub severity: Severity,
    /// The highest severity that a source asked for.
    pub asked: Option<Severity>,
    /// What can promote it, collected over its repeats.
    pub seen: Seen,
    pub drill: bool,
    /// Wall clock.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// How often it was reported.
    pub occurrences: u64,
    /// Who must not be paged.
    pub involved: Involved,
    /// The number of further names in no roster that were dropped.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub involved_not_kept: u32,
    pub pages_made: u32,
    /// One per department.
    pub tracks: Vec<Track>,
    /// Who resolved it, and when.
    pub resolved: Option<Resolution>,
    /// What came of it, if it is resolved and somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ResolvedAs>,
    /// Who reopened it last, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopened: Option<Box<Reopening>>,
    /// It reports a source's silence, and the source has been heard from since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub heard_again: bool,
    /// It reports a broken configuration that has been fixed since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub configuration_fixed: bool,
    /// Who had its text destroyed, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<Box<Resolution>>,
    /// How many of its playbook's actions are its tasks, with the same numbers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub playbook_tasks: u16,
    /// When to look again at what is owed, in logical time.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub follow_up_at: Option<DateTime<Utc>>,
    /// What it asks for beside its tracks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owed: Option<Box<Owed>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<Box<Statements>>,
}

/// What remains of an incident's previous playbooks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// Their names, in order.
    pub playbooks: Vec<Box<str>>,
    /// The ladders of departments that the current playbook does not name.
    pub ladders: Vec<(DepartmentId, Ladder)>,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// Who resolved an incident or had its text destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolution {
    pub by: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
}

/// Who reopened an incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reopening {
    pub by: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// The last page that was made before.
    pub last_page: u32,
}

/// The overall status of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// At least one department has not acknowledged.
    Open,
    /// Every department has acknowledged.
    Acknowledged,
    Resolved,
}

/// One department's escalation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub department: DepartmentId,
    /// The name of the ladder in use, from its playbook.
    pub ladder: Box<str>,
    /// Shown on the page, counted from `base`.
    pub acknowledge_within: Wait,
    /// From acknowledgement to the first note.
    pub act_within: Option<Wait>,
    /// The steps' times count from here.
    #[serde(with = "crate::domain::instant")]
    pub base: DateTime<Utc>,
    /// The next step; `None` once acknowledged or when the ladder has ended.
    pub next: Option<Next>,
    /// How often the whole ladder has been repeated.
    pub rounds: u32,
    /// Counts the steps that paged someone.
    pub paging_steps: u32,
    /// People who are not paged again before the next round.
    pub passed: Vec<(DepartmentId, LiaisonId, Because)>,
    /// The pages that still matter: in flight, or among the latest.
    pub pages: Vec<OpenPage>,
    /// Who has acknowledged.
    pub acknowledged: Option<Acknowledgement>,
}

/// The acknowledgement of a department's track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub by: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// The deadline for a first note; after it, people are paged again.
    #[serde(with = "crate::domain::instant::optional")]
    pub act_by: Option<DateTime<Utc>>,
    /// Where escalation stopped, in case it is given back.
    pub stopped_before: Option<Next>,
    /// Who was asked to take it over and has not answered yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<Box<HandOver>>,
}

/// A request to take a track over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who is asked.
    pub to: LiaisonId,
    pub name: Box<str>,
    /// The roster that lists them.
    pub roster: DepartmentId,
    /// The page that asks them.
    pub page: u32,
    /// After this, the request has failed.
    #[serde(with = "crate::domain::instant")]
    pub take_by: DateTime<Utc>,
}

/// A track's status for API responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrackStatus {
    /// Its first step is not due yet: its department has to open, or the ladder starts later.
    Waiting,
    /// Steps are still due.
    Climbing,
    /// The ladder has ended, and no one has acknowledged.
    Ended,
    /// Someone has acknowledged.
    Acknowledged,
    Resolved,
}

impl Incident {
    /// The overall status.
    pub fn status(&self) -> Status {
        if self.resolved.is_some() {
            Status::Resolved
        } else if self.tracks.iter().all(|track| track.acknowledged.is_some()) {
            Status::Acknowledged
        } else {
            Status::Open
        }
    }

    /// Whether someone will still be paged if no one answers.
    pub fn escalates(&self) -> bool {
        let mut tracks = self.tracks.iter();
        self.resolved.is_none() && tracks.any(|track| track.is_unanswered() && track.next.is_some())
    }

    /// When to call `decide` again: for its next step, reminder or attempt.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        let tracks = self.tracks.iter().filter_map(|track| track.next_timeout(self.resolved.is_some()));
        let waiting = self.pages().flat_map(|(_, page)| &page.pending).filter(|delivery| !delivery.in_flight);
        let approvals = self.statements.as_ref().and_then(|statements| statements.next_timeout());
        let owed = self.follow_up_at.into_iter().chain(approvals);
        tracks.chain(waiting.map(|delivery| delivery.at)).chain(owed).min()
    }

    pub fn track(&self, department: &DepartmentId) -> Option<&Track> {
        self.tracks.iter().find(|track| track.department == *department)
    }

    /// The ladder of a track, from the incident's playbook.
    pub fn ladder<'a>(&'a self, track: &Track, playbook: &'a Playbook) -> &'a Ladder {
        let kept = self.earlier.iter().flat_map(|earlier| &earlier.ladders);
        let mut kept = kept.filter(|(department, _)| *department == track.department);
        kept.next().map_or_else(|| playbook.ladder_named(&track.ladder), |(_, ladder)| ladder)
    }

    /// The name of its playbook after this many changes of playbook.
    pub fn playbook_after(&self, times: usize) -> &str {
        let earlier = self.earlier.as_ref().and_then(|earlier| earlier.playbooks.get(times));
        earlier.unwrap_or(&self.playbook)
    }

    /// Whether nothing more can happen to it: resolved, nothing owed, and no attempt in flight.
    pub fn is_settled(&self) -> bool {
        !self.is_live() && self.pages().all(|(_, page)| page.pending.iter().all(|delivery| !delivery.in_flight))
    }

    /// Frees unused capacity of its lists: with many open incidents, that is more than half of the memory.
    pub fn shrink(&mut self) {
        self.seen.flags.shrink_to_fit();
        self.tracks.shrink_to_fit();
        for track in &mut self.tracks {
            track.passed.shrink_to_fit();
            track.pages.shrink_to_fit();
        }
        if let Some(owed) = &mut self.owed {
            owed.pages.shrink_to_fit();
            owed.tasks.shrink_to_fit();
            owed.told.shrink_to_fit();
        }
        if let Some(statements) = &mut self.statements {
            statements.shrink();
        }
        self.pages_mut().for_each(|page| page.pending.shrink_to_fit());
    }

    pub fn track_status(&self, track: &Track) -> TrackStatus {
        if track.acknowledged.is_some() {
            TrackStatus::Acknowledged
        } else if self.resolved.is_some() {
            TrackStatus::Resolved
        } else if track.next.is_none() {
            TrackStatus::Ended
        } else if track.is_waiting() {
            TrackStatus::Waiting
        } else {
            TrackStatus::Climbing
        }
    }
}

impl Track {
    /// The deadline for acknowledging, in logical time.
    pub fn acknowledge_by(&self) -> DateTime<Utc> {
        self.base + self.acknowledge_within.delta()
    }

    /// Whether a person has it or has a page for it that still matters, whatever roster lists them.
    pub fn concerns(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        let has_it = self.acknowledged.as_ref().is_some_and(|one| one.by.is_listed_as(roster, liaison));
        has_it || self.pages.iter().any(|page| page.is_to(roster, liaison))
    }

    /// Whether no one has acknowledged.
    pub fn is_unanswered(&self) -> bool {
        self.acknowledged.is_none()
    }

    /// Whether its first step is not due yet.
    pub fn is_waiting(&self) -> bool {
        self.paging_steps == 0
            && self.pages.is_empty()
            && self.next.is_some_and(|next| next.step == StepPosition::Step(0))
    }

    /// Why a liaison is not paged again before the next round.
    pub fn passed(&self, roster: &DepartmentId, liaison: &LiaisonId) -> Option<Because> {
        let passed = self.passed.iter().find(|(department, id, _)| department == roster && id == liaison);
        passed.map(|(.., because)| *because)
    }

    fn next_timeout(&self, resolved: bool) -> Option<DateTime<Utc>> {
        let step = self.next.map(|next| next.at);
        let reminder = self.acknowledged.as_ref().and_then(|acknowledged| acknowledged.act_by);
        let hand_over = self.hand_over().map(|hand_over| hand_over.take_by);
        step.into_iter().chain(reminder).chain(hand_over).filter(|_| !resolved).min()
    }
}
