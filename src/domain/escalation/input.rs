//! What an incident is asked to decide upon, and why it may refuse.

use chrono::{DateTime, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::escalation::event::By;
use crate::domain::id::DepartmentId;
use crate::domain::incident::Incoming;
use crate::domain::instant::Now;
use crate::domain::link::Entropy;
use crate::domain::outcome::Outcome;
use crate::domain::plan::Plan;
use crate::domain::playbook::Playbook;

/// A note has at most this many characters: it is a line in a record, not a document.
pub const NOTE_MAX: usize = 4_000;

/// All that a decision may lean on beside the incident itself.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The rosters and playbooks in force.
    pub plan: &'a Plan,
    /// The version of the playbook that the incident opened with.
    pub playbook: &'a Playbook,
    /// What the clocks say.
    pub now: Now,
    /// Random bits for this decision alone.
    pub entropy: &'a Entropy,
}

/// What an open incident is asked to decide upon.
#[derive(Debug)]
pub enum Input {
    /// A repeat came in.
    Fold(Box<Incoming>),
    /// Somebody answers for a department, by a link or by API.
    Answer(Answer),
    /// An operator wants the next step now.
    Escalate {
        /// Who.
        by: By,
        /// Whose track; every climbing one where left out.
        department: Option<DepartmentId>,
    },
    /// An operator closes the matter.
    Resolve {
        /// Who.
        by: By,
        /// A last word.
        note: Option<String>,
    },
    /// An attempt ended.
    Attempted {
        /// The page's number.
        page: u32,
        /// Over which channel.
        channel: ChannelKind,
        /// What the provider said.
        outcome: Outcome,
        /// How much of a quarter is added to the pause before the next attempt, in thousandths: the same for all pages of
        /// one message.
        jitter: u16,
    },
    /// A page that is still to be sent has lost its link.
    IssueLink {
        /// The page's number.
        page: u32,
    },
    /// The source whose silence it tells of has spoken again.
    HeardAgain,
    /// Nothing is wrong any more with the configuration that it reports.
    ConfigurationFixed,
    /// Its time may have come.
    Timeout,
}

/// An answer of a person.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Who.
    pub by: By,
    /// For which department; every one that fits where left out.
    pub department: Option<DepartmentId>,
    /// Through the link of which page.
    pub page: Option<u32>,
    /// What they say.
    pub kind: AnswerKind,
}

/// What a person says.
#[derive(Debug, Clone)]
pub enum AnswerKind {
    /// I have it.
    Acknowledge,
    /// I can't.
    Decline,
    /// This was done.
    Note(String),
    /// I may not answer, and this person may: by id, or as `department/id`.
    HandOver(String),
}

/// Why an incident refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody was faster.
    #[error("already acknowledged by {} at {}", .by.name(), crate::domain::instant::to_text(*.at))]
    AlreadyAcknowledged {
        /// Who.
        by: By,
        /// When, on the record's clock.
        at: DateTime<Utc>,
        /// For which department.
        department: DepartmentId,
    },
    /// The matter is closed.
    #[error("already resolved by {}", .by.name())]
    AlreadyResolved {
        /// Who.
        by: By,
    },
    /// The incident has no track of that department.
    #[error("department `{0}` is not assigned to this incident")]
    NotItsDepartment(DepartmentId),
    /// Named as involved, or sharing a contact with somebody who is.
    #[error("someone else must answer this incident")]
    Involved,
    /// In no roster any more.
    #[error("this person is no longer in any roster")]
    Left,
    /// Only those hand over who are paged as the last resort, and only while nobody has it.
    #[error("this page cannot be handed over")]
    NotHandedOver,
    /// Nobody of that name is in a roster, can be paged, and is not involved.
    #[error("choose a person from the list")]
    NotInTheList,
    /// The person has just been paged about it.
    #[error("{0} has been paged already")]
    HandedOverAlready(String),
    /// Of several pages that one press answers: one that cannot be decided upon.
    #[error("this page cannot be answered right now: try again")]
    NotNow,
    /// Of several pages that one press answers: one that is closed, or went to somebody else.
    #[error("this page no longer needs your answer")]
    NotWaiting,
    /// A note without words.
    #[error("a note must not be empty")]
    EmptyNote,
    /// A note that is a document.
    #[error("a note must not be longer than {NOTE_MAX} characters")]
    NoteTooLong,
}
