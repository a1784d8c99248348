//! The state of statements: hashes and numbers, and none of their words.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::digest::Digest;
use crate::domain::escalation::statements::input::{ApprovalOf, PageAnswer, StatementChange, StatementRefusal};
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::principal::Principal;
use crate::domain::wait::Wait;

/// All statements of an incident.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    pub all: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Numbers the incident's statements from 1.
    pub number: u32,
    /// The playbook's statement that it is made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    pub medium: Medium,
    /// The latest version, numbered from 1. All else is about it.
    pub version: u32,
    pub hash: Digest,
    pub author: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub written_at: DateTime<Utc>,
    /// It is what was approved in advance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ready: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_blanks: bool,
    pub stage: Stage,
    /// How many places may say too much.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub marks: u32,
    /// How long each approver has.
    #[serde(default, skip_serializing_if = "Wait::is_zero")]
    pub within: Wait,
    /// One per department that must approve it, once it is submitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// The pages that asked for earlier versions, or before the incident took another playbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages_before: Vec<u32>,
}

/// How far a statement is. The words are recorded and must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Draft,
    /// Approvers are asked.
    Submitted,
    /// An approver wants another version.
    ChangesAsked,
    /// By each department that must approve it.
    Approved,
    /// It was published.
    Used,
    Withdrawn,
}

/// A department's part in the approval of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    pub department: DepartmentId,
    /// Who was asked, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asked: Vec<Asked>,
    /// How often everybody was asked before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u8,
    /// When the next one is asked.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// Somebody who was asked for an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    pub liaison: LiaisonId,
    /// The roster that lists them.
    pub roster: DepartmentId,
    pub page: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u8,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    /// After this, they did not answer in time.
    #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub by: Principal,
    /// Logical time.
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub approved: bool,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

impl Stage {
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::ChangesAsked => "changes-asked",
            Self::Approved => "approved",
            Self::Used => "used",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub fn in_words(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::Submitted => "waits for approval",
            Self::ChangesAsked => "an approver asked for changes",
            Self::Approved => "approved",
            Self::Used => "published",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether it can still be changed, approved, or used.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Used | Self::Withdrawn)
    }
}

impl Statements {
    pub fn get(&self, number: u32) -> Option<&Statement> {
        self.all.iter().find(|one| one.number == number)
    }

    /// The statement and the department that a page asks to approve it for. The department is `None` if the version
    /// that the page asked for was changed since.
    pub fn of_page(&self, page: u32) -> Option<(&Statement, Option<&Approval>)> {
        self.all.iter().find_map(|one| {
            let approval = one.approvals.iter().find(|approval| approval.asked.iter().any(|asked| asked.page == page));
            (approval.is_some() || one.pages_before.contains(&page)).then_some((one, approval))
        })
    }

    /// What a button behind a page's link means. The page asks for one version and one department.
    ///
    /// # Errors
    ///
    /// The version was changed since.
    pub fn answered_by_page(&self, page: u32, answer: PageAnswer) -> Option<Result<StatementChange, StatementRefusal>> {
        let (one, approval) = self.of_page(page)?;
        let Some(approval) = approval else { return Some(Err(StatementRefusal::Superseded(one.version))) };
        let department = Some(approval.department.clone());
        let of = ApprovalOf { statement: one.number, version: one.version, department };
        Some(Ok(match answer {
            PageAnswer::Approve => StatementChange::Approve(of),
            PageAnswer::AskForChanges(note) => StatementChange::AskForChanges { of, note },
        }))
    }

    /// Those that wait for an approval.
    pub fn waiting(&self) -> impl Iterator<Item = &Statement> {
        self.all.iter().filter(|one| one.stage == Stage::Submitted)
    }

    /// When the next approver is asked, in logical time.
    pub fn next_timeout(&self) -> Option<DateTime<Utc>> {
        self.waiting().flat_map(Statement::unanswered).filter_map(|approval| approval.next_at).min()
    }

    pub fn shift(&mut self, by: TimeDelta) {
        for approval in self.all.iter_mut().flat_map(|one| &mut one.approvals) {
            approval.next_at.iter_mut().for_each(|at| *at += by);
            approval.asked.iter_mut().filter_map(|asked| asked.until.as_mut()).for_each(|until| *until += by);
        }
    }

    pub fn shrink(&mut self) {
        self.all.shrink_to_fit();
        for one in &mut self.all {
            one.approvals.shrink_to_fit();
            one.pages_before.shrink_to_fit();
            one.approvals.iter_mut().for_each(|approval| approval.asked.shrink_to_fit());
        }
    }
}

impl Statement {
    /// The departments that have not approved the version.
    pub fn unanswered(&self) -> impl Iterator<Item = &Approval> {
        self.approvals.iter().filter(|approval| !approval.is_approved())
    }

    pub fn approval(&self, department: &DepartmentId) -> Option<&Approval> {
        self.approvals.iter().find(|approval| approval.department == *department)
    }

    /// Whether it may be published now.
    pub fn may_be_used(&self) -> bool {
        self.stage == Stage::Approved || self.stage == Stage::Draft && self.ready && !self.has_blanks
    }
}

impl Asked {
    /// The round of those who were asked before the incident was resolved or reopened.
    pub const EARLIER: u8 = u8::MAX;
}

impl Approval {
    pub fn open(department: DepartmentId, next_at: DateTime<Utc>) -> Self {
        Self { department, asked: Vec::new(), round: 0, next_at: Some(next_at), answer: None }
    }

    pub fn is_approved(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.approved)
    }
}
