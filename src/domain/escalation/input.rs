//! The inputs an incident decides on, and why it may refuse them.

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::resolution::{DedupKey, Resolve};
use crate::domain::escalation::statements::input::{StatementInput, StatementRefusal};
use crate::domain::escalation::tasks::input::{TaskInput, TaskRefusal};
use crate::domain::id::DepartmentId;
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;
use crate::domain::principal::Principal;

/// The maximum length of a note: it is a line in a record, not a document.
pub const NOTE_MAX: usize = 4_000;

/// Everything that a decision may depend on, apart from the incident itself.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The rosters and playbooks in force.
    pub plan: &'a Plan,
    /// The incident's version of its playbook.
    pub playbook: &'a Playbook,
    pub now: Now,
    /// Random bits for this decision only.
    pub entropy: &'a Entropy,
}

#[derive(Debug)]
pub enum Input {
    /// A repeat arrived.
    Fold {
        by: Principal,
        incoming: Box<Incoming>,
    },
    /// Someone answers for a department, through a link or the API.
    Answer(Answer),
    /// An operator wants the next step now.
    Escalate {
        by: Principal,
        /// The track; if left out, every active one.
        department: Option<DepartmentId>,
    },
    Resolve {
        by: Principal,
        resolve: Resolve,
    },
    /// Somebody reopens the resolved incident.
    Reopen {
        by: Principal,
        /// Why.
        note: Option<String>,
        key: DedupKey,
    },
    /// An attempt ended.
    Attempted {
        page: u32,
        channel: ChannelKind,
        /// The outcome of the attempt.
        outcome: Outcome,
        /// How much of a quarter is added to the pause before the next attempt, in thousandths; the same for all pages
        /// of one message.
        jitter: u16,
    },
    /// A page that is still to be sent has lost its link.
    IssueLink {
        page: u32,
    },
    /// Somebody changes a task.
    Task(TaskInput),
    /// Somebody writes, approves, or uses a statement.
    Statement(StatementInput),
    /// The source whose silence it reports was heard from again.
    HeardAgain,
    /// The configuration error that it reports is fixed.
    ConfigurationFixed,
    /// Something may be due.
    Timeout,
}

/// A person's answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub by: Principal,
    /// The department; if left out, every one that fits.
    pub department: Option<DepartmentId>,
    /// The page whose link was used.
    pub page: Option<u32>,
    pub kind: AnswerKind,
}

/// The kinds of answers.
#[derive(Debug, Clone)]
pub enum AnswerKind {
    /// "I have it."
    Acknowledge,
    /// "I can't take it."
    Decline,
    /// A note about what was done.
    Note(String),
    /// "This person should take it": an id, or `department/id`.
    HandOver(String),
    /// "I take it over."
    TakeOver,
}

/// Why an incident refuses an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Someone else was faster.
    #[error("already acknowledged by {} at {}", .by.name(), crate::domain::instant::to_text(*.at))]
    AlreadyAcknowledged {
        by: Principal,
        /// On the record's clock.
        at: DateTime<Utc>,
        /// The department.
        department: DepartmentId,
    },
    #[error("already resolved by {}", .by.name())]
    AlreadyResolved { by: Principal },
    /// Some may resolve only what every department has acknowledged.
    #[error(
        "not every department has acknowledged this incident; until then, only a group that may act for all departments can resolve it"
    )]
    NotAllAcknowledged,
    #[error("not every department has acknowledged this incident; add a note that says why you are resolving it now")]
    ReasonMissing,
    /// Only what is resolved can be reopened.
    #[error("the incident is open already")]
    NotResolved,
    #[error("its text was permanently deleted by {}, so it cannot be reopened; open a new incident", .by.name())]
    Purged { by: Principal },
    #[error("Wardbell opened this incident itself, and opens a new one if it has to")]
    OpenedByWardbell,
    /// The incident has no track for that department.
    #[error("department `{0}` is not assigned to this incident")]
    NotItsDepartment(DepartmentId),
    /// Named as involved, or shares a contact with someone who is.
    #[error("someone else must answer this incident")]
    Involved,
    #[error("this person is no longer in any roster")]
    Left,
    /// Only the person who has it can hand it over, and people paged as the last resort while no one has it.
    #[error("this page cannot be handed over")]
    NotHandedOver,
    /// There is no one to take it over from.
    #[error("no one has acknowledged it, so there is nothing to hand over")]
    NobodyHasIt,
    /// A person takes over only what they were asked to.
    #[error("no one has asked you to take this over")]
    NotAskedToTakeOver,
    /// No one with that name is in a roster, can be paged and is not involved.
    #[error("choose a person from the list")]
    NotInTheList,
    /// The person has just been paged about it.
    #[error("{0} has been paged already")]
    HandedOverAlready(String),
    /// One of several pages answered together cannot be decided on.
    #[error("this page cannot be answered right now: try again")]
    NotNow,
    /// One of several pages answered together is closed, or went to someone else.
    #[error("this page no longer needs your answer")]
    NotWaiting,
    #[error("a note must not be empty")]
    EmptyNote,
    /// The note is longer than a note should be.
    #[error("a note must not be longer than {NOTE_MAX} characters")]
    NoteTooLong,
    #[error(transparent)]
    Task(#[from] TaskRefusal),
    #[error(transparent)]
    Statement(#[from] StatementRefusal),
}
