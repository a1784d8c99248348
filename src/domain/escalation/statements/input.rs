//! What people ask for about statements, and why they may be refused.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::domain::escalation::statements::mark::Mark;
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::id::DepartmentId;
use crate::domain::playbook::statement::NotFilled;
use crate::domain::principal::Principal;

/// How many statements an incident can have: more would hide the one that matters.
pub const STATEMENTS_MAX: usize = 50;

/// How many versions a statement can have: each is kept for as long as the record.
pub const VERSIONS_MAX: u32 = 200;

/// The longest reason, note, or place.
pub const WORDS_MAX: usize = 2_000;

#[derive(Debug, Clone)]
pub struct StatementInput {
    pub by: Principal,
    /// The page whose link was used.
    pub page: Option<u32>,
    pub change: StatementChange,
}

#[derive(Debug, Clone)]
pub enum StatementChange {
    Draft(NewDraft),
    /// A new version of a statement.
    Edit {
        statement: u32,
        /// The version that was edited.
        version: u32,
        text: String,
    },
    Submit {
        statement: u32,
        /// `None` for the latest.
        version: Option<u32>,
        /// Places that may say too much.
        marks: Vec<Mark>,
        /// Why it is submitted although it has marks.
        reason: Option<String>,
    },
    Withdraw {
        statement: u32,
    },
    Approve(ApprovalOf),
    AskForChanges {
        of: ApprovalOf,
        /// What should change.
        note: String,
    },
    Used {
        statement: u32,
        version: Option<u32>,
        /// Where it was published.
        place: String,
        /// When, on the wall clock; `None` for now.
        at: Option<DateTime<Utc>>,
    },
}

/// A statement that somebody begins.
#[derive(Debug, Clone, Default)]
pub struct NewDraft {
    /// The playbook's statement to begin with.
    pub name: Option<String>,
    /// The text, if it is not the playbook's.
    pub text: Option<String>,
    /// What the playbook's blanks are filled with.
    pub blanks: BTreeMap<String, String>,
    pub medium: Option<Medium>,
}

/// Which version somebody answers for, and for which department.
#[derive(Debug, Clone)]
pub struct ApprovalOf {
    pub statement: u32,
    /// The version that they read.
    pub version: u32,
    /// `None` for all for which they may.
    pub department: Option<DepartmentId>,
}

/// What a button of an approval's link does.
#[derive(Debug, Clone)]
pub enum PageAnswer {
    Approve,
    /// With what should change.
    AskForChanges(String),
}

/// Why an incident refuses what somebody asks for about a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementRefusal {
    #[error(
        "this incident has no statement {0}; its statements are listed on its page and under `statements` in the API"
    )]
    Unknown(u32),
    #[error("the playbook `{playbook}` has no statement `{name}`")]
    NotInPlaybook { name: String, playbook: String },
    #[error(transparent)]
    NotFilled(#[from] NotFilled),
    #[error("write the text of the statement")]
    Empty,
    #[error("a {} must not be longer than {} characters; this text has {length}", .medium.in_words(), .medium.length_max())]
    TooLong { medium: Medium, length: usize },
    #[error("this text is the same as version {0}")]
    Unchanged(u32),
    /// Somebody else was faster.
    #[error("version {version} by {} came first", .by.name())]
    Conflict { statement: u32, version: u32, by: Principal },
    #[error("the text was changed since; version {0} is the latest and needs an approval of its own")]
    Superseded(u32),
    #[error("statement {0} was published, so it cannot change any more; begin a new one")]
    Used(u32),
    #[error("statement {0} was withdrawn; begin a new one")]
    Withdrawn(u32),
    #[error("fill the blanks in braces, such as `{{time}}`, first")]
    HasBlanks,
    #[error("this version is approved in advance: it may be used at once")]
    ApprovedInAdvance,
    #[error("this version was submitted for approval already")]
    Submitted,
    #[error("an approver asked for changes; change the text first")]
    ChangesAsked,
    #[error("this version is approved already")]
    Approved,
    #[error("nobody was asked to approve this version; submit it first")]
    NotSubmitted,
    #[error("some places of the text are marked; say why you submit it as it is")]
    ReasonMissing,
    #[error("only people approve statements: sign in, or use the link of the page")]
    PeopleOnly,
    #[error("parts of this version may reveal private information: sign in and read it before you answer")]
    SignInFirst,
    #[error("`{0}` does not have to approve this statement")]
    NotItsApproval(DepartmentId),
    #[error("you are not one of those who approve this statement")]
    NotAnApprover,
    #[error(
        "you wrote this version, so somebody else has to approve it; you can once each of them is away or has not answered in time"
    )]
    OwnWords,
    #[error("{} already approved this version for this department", .0.name())]
    AlreadyApproved(Principal),
    #[error("say what should change")]
    NoteMissing,
    #[error("say where it was published, such as an address")]
    PlaceMissing,
    #[error("a reason, a note, or a place must not be longer than {WORDS_MAX} characters")]
    WordsTooLong,
    #[error("this version is not approved yet, so it cannot be used")]
    NotApproved,
    #[error("`at` must not be in the future")]
    InTheFuture,
    #[error("an incident cannot have more than {STATEMENTS_MAX} statements")]
    TooMany,
    #[error("a statement cannot have more than {VERSIONS_MAX} versions; begin a new one")]
    TooManyVersions,
}

impl StatementChange {
    /// The statement that it changes, if there is one.
    pub fn statement(&self) -> Option<u32> {
        match self {
            Self::Draft(_) => None,
            Self::Edit { statement, .. }
            | Self::Submit { statement, .. }
            | Self::Withdraw { statement }
            | Self::Used { statement, .. } => Some(*statement),
            Self::Approve(of) | Self::AskForChanges { of, .. } => Some(of.statement),
        }
    }
}
