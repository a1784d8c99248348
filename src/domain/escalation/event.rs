//! What happened to an incident, in the past tense, as recorded.
//!
//! Events carry results (who, which channel, why, which file and line), so that they can be read and replayed without
//! the rosters that were in force.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::contact::ChannelKind;
use crate::domain::digest::Digest;
use crate::domain::escalation::incident::Incident;
use crate::domain::escalation::owed::follow_up::FollowUp;
pub use crate::domain::escalation::paged::{Channel, Paged, PassedOver};
pub use crate::domain::escalation::position::{Because, Next, StepPosition};
use crate::domain::escalation::reclassified::Reclassified;
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::escalation::statements::event::{StatementChanged, StatementEvent};
use crate::domain::escalation::tasks::event::{TaskEvent, TasksOpened};
use crate::domain::escalation::track_opened::TrackOpened;
use crate::domain::further_contact::{ContactPosition, NextContact};
use crate::domain::id::{DepartmentId, LiaisonId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::outcome::Outcome;
use crate::domain::page::PageReason;
use crate::domain::principal::Principal;
use crate::domain::sealed::Words;
use crate::domain::severity::Severity;
use crate::domain::wait::Wait;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The incident was accepted and matched to a playbook.
    Opened(Box<Opened>),
    /// A repeat arrived.
    Folded(Box<Folded>),
    /// A repeat raised the severity: every track starts its new ladder at the first step.
    SeverityRose(SeverityRose),
    /// A repeat of a more serious class arrived: the incident took that class's playbook.
    Reclassified(Box<Reclassified>),
    /// A step was due.
    StepFired(StepFired),
    /// An overdue step is deferred because its person was just paged for this incident.
    StepDeferred { department: DepartmentId, next: Next },
    /// An attempt to hand a page to a provider ended.
    Attempted {
        page: u32,
        channel: ChannelKind,
        /// Which of the person's contacts for the channel it went to.
        #[serde(default, skip_serializing_if = "ContactPosition::is_first")]
        contact: ContactPosition,
        #[serde(flatten)]
        outcome: Outcome,
        /// When it is tried again.
        #[serde(with = "crate::domain::instant::optional", default, skip_serializing_if = "Option::is_none")]
        retry_at: Option<DateTime<Utc>>,
        /// The person's contact that is tried immediately instead.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_contact: Option<NextContact>,
        /// No one can be reached by this page: the next step is due.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<Next>,
    },
    /// A page got another link because the process lost the first one before it was certainly sent.
    LinkIssued {
        page: u32,
        /// The hash of the link token.
        link: Digest,
    },
    /// Someone acknowledged.
    Acknowledged {
        department: DepartmentId,
        by: Principal,
        /// The page whose link was used.
        page: Option<u32>,
        /// The deadline for a first note; after it, people are paged again.
        #[serde(with = "crate::domain::instant::optional", default)]
        act_by: Option<DateTime<Utc>>,
        /// Who had it and asked this person to take it over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taken_from: Option<Principal>,
    },
    /// Someone declined.
    Declined {
        department: DepartmentId,
        by: Principal,
        /// The page whose link was used.
        page: Option<u32>,
        /// The step that is due immediately; `None` if someone else still has a page to answer.
        next: Option<Next>,
    },
    /// A repeat named a person as involved who had a page or had acknowledged: they are no longer asked.
    Withdrawn {
        department: DepartmentId,
        liaison: LiaisonId,
        /// The roster that lists them.
        roster: DepartmentId,
        /// The step that is due immediately; `None` if someone else still has a page to answer.
        next: Option<Next>,
    },
    /// The person who acknowledged cannot be reached, so no one has it: escalation starts again with the backup.
    HolderUnreachable {
        department: DepartmentId,
        /// Who had acknowledged.
        by: Principal,
        /// Why they are not asked again before the next round.
        because: Because,
        /// The ladder's times count from here.
        #[serde(with = "crate::domain::instant")]
        escalates_from: DateTime<Utc>,
        /// The step that is due immediately.
        next: Next,
    },
    /// A person who may not answer, paged as the last resort, named someone who may. Escalation continues until that
    /// person acknowledges.
    HandedOver {
        department: DepartmentId,
        by: Principal,
        /// The page whose link was used.
        page: Option<u32>,
        /// Who is paged.
        pages: Vec<Paged>,
    },
    /// Someone was asked to take a track over from the person who acknowledged. It stays with that person until the one
    /// who is asked acknowledges.
    HandOverRequested {
        department: DepartmentId,
        by: Principal,
        /// Who has acknowledged.
        from: Principal,
        /// The page whose link was used.
        page: Option<u32>,
        /// After this, the request has failed.
        #[serde(with = "crate::domain::instant")]
        take_by: DateTime<Utc>,
        /// Who is asked.
        pages: Vec<Paged>,
    },
    /// The person who was asked does not take it over: whoever had it keeps it and is told.
    HandOverFailed {
        department: DepartmentId,
        /// Who was asked.
        by: Principal,
        /// Who keeps it.
        from: Principal,
        /// The page whose link was used, if they declined.
        page: Option<u32>,
        because: Because,
        /// How the person who keeps it is told.
        pages: Vec<Paged>,
    },
    /// Someone added a note.
    Noted {
        /// The department the note belongs to; `None` for the incident as a whole.
        department: Option<DepartmentId>,
        by: Principal,
        /// The page whose link was used.
        page: Option<u32>,
        /// Treat it as protected health information.
        text: Words,
    },
    /// An operator asked for the next step.
    Escalated {
        department: DepartmentId,
        by: Principal,
        /// The step that is due immediately.
        next: Next,
    },
    /// The source whose silence this incident reports was heard from again; people resolve the incident.
    HeardAgain {
        /// Wall clock.
        #[serde(with = "crate::domain::instant")]
        heard_at: DateTime<Utc>,
    },
    /// The configuration error that this incident reports is fixed; people resolve the incident.
    ConfigurationFixed {
        /// When that was noticed, on the wall clock.
        #[serde(with = "crate::domain::instant")]
        fixed_at: DateTime<Utc>,
    },
    /// Acknowledged, but nothing was noted in time.
    Reminded {
        department: DepartmentId,
        /// Who is paged.
        pages: Vec<Paged>,
        /// Who is not, and why.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passed_over: Vec<PassedOver>,
        /// The deadline for a first note; after it, they are paged once more.
        #[serde(with = "crate::domain::instant")]
        act_by: DateTime<Utc>,
    },
    /// The incident is resolved.
    Resolved {
        by: Principal,
        /// A final note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
        /// What came of it; `None` if nobody said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<ResolvedAs>,
    },
    /// Somebody reopened the incident: every track starts its ladder at the first step.
    Reopened(Box<Reopened>),
    /// What is owed was due: whom it was asked of.
    FollowedUp(Box<FollowUp>),
    /// Somebody changed a task, or added one.
    Task(Box<TaskEvent>),
    /// Something happened to a statement.
    Statement(Box<StatementEvent>),
    /// The data keys of its sealed text were destroyed: it can no longer be read in any copy of the record.
    Purged { by: Principal },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub by: Principal,
    pub source: SourceName,
    pub incident: Incoming,
    /// The hospital's class for the source's label.
    pub class: String,
    pub playbook: String,
    /// The playbook version that stays with the incident: the hash under which the record keeps it.
    pub playbook_hash: Digest,
    /// After promotions.
    pub severity: Severity,
    /// Wall clock.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// One per department.
    pub tracks: Vec<TrackOpened>,
    #[serde(default, skip_serializing_if = "TasksOpened::is_none")]
    pub tasks: TasksOpened,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reopened {
    pub by: Principal,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Words>,
    /// One per department.
    pub tracks: Vec<TrackOpened>,
    /// Its state before, because a start without a store does not keep what is closed. Without its deduplication key if
    /// another open incident has that now.
    pub before: Box<Incident>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Folded {
    pub by: Principal,
    pub incident: Incoming,
    /// How often it was reported, including this repeat.
    pub occurrences: u64,
    /// Wall clock.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
    /// Names in `involved` that are in no roster and were dropped because the incident already has too many of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub involved_not_kept: Vec<String>,
}

/// The severity was raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeverityRose {
    pub severity: Severity,
    /// The new ladder of each department.
    pub ladders: Vec<(DepartmentId, Box<str>)>,
    /// The delay before the ladder's first step, for departments where it is not due immediately.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_steps: Vec<(DepartmentId, Wait)>,
}

/// A step was due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepFired {
    pub department: DepartmentId,
    pub step: StepPosition,
    /// When it was due.
    #[serde(with = "crate::domain::instant")]
    pub due_at: DateTime<Utc>,
    pub reason: PageReason,
    /// Who is paged.
    pub pages: Vec<Paged>,
    /// Who is not, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// What comes next; `None` if the ladder has ended.
    pub next: Option<Next>,
}

impl Event {
    /// The pages it created, with their track and reason.
    pub fn pages(&self) -> Option<(&DepartmentId, PageReason, &[Paged])> {
        match self {
            Self::StepFired(fired) => Some((&fired.department, fired.reason, &fired.pages)),
            Self::Reminded { department, pages, .. } => Some((department, PageReason::NotActedOn, pages)),
            Self::HandedOver { department, pages, .. } => Some((department, PageReason::HandedOver, pages)),
            Self::HandOverRequested { department, pages, .. } => Some((department, PageReason::HandedOver, pages)),
            Self::HandOverFailed { department, pages, .. } => Some((department, PageReason::NotTakenOver, pages)),
            Self::FollowedUp(followed) => Some((followed.department.as_ref()?, followed.reason, &followed.pages)),
            Self::Statement(statement) => match &statement.change {
                StatementChanged::Asked { department, pages, .. } => Some((department, PageReason::Approval, pages)),
                _ => None,
            },
            _ => None,
        }
    }
}
