//! What callers ask of the engine, and what it answers.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use crate::domain::escalation::event::By;
use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::escalation::input::Refusal;
use crate::domain::id::{DepartmentId, IncidentId, OperatorName, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::plan::Plan;
use crate::engine::channel_test::TestResult;
use crate::engine::claim::Claim;
use crate::engine::link::{LinkPress, LinkQuery, LinkView, Pressed};
use crate::engine::vitals::Vitals;
use crate::journal::prune::Prunable;
use crate::journal::record::HouseEvent;
use crate::store::query::Receipt;

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// What callers ask.
pub enum Request {
    /// A source sends an incident.
    Open {
        /// Who sends it.
        source: SourceName,
        /// What.
        incoming: Box<Incoming>,
        /// Whether it is still wanted.
        claim: Claim,
        /// Answered once it is durable.
        reply: Reply<Receipt>,
    },
    /// An operator acts.
    Act {
        /// On which incident.
        incident: IncidentId,
        /// Who.
        operator: OperatorName,
        /// What.
        action: Action,
        /// Whether it is still wanted.
        claim: Claim,
        /// Answered once it is durable.
        reply: Reply<Acted>,
    },
    /// Somebody opens a link: nothing changes.
    View {
        /// Which, and what of it.
        query: LinkQuery,
        /// Answered at once.
        reply: Reply<LinkView>,
    },
    /// Somebody presses a button behind a link.
    Press {
        /// Which, and what they say.
        press: LinkPress,
        /// Whether it is still wanted.
        claim: Claim,
        /// Answered once it is durable.
        reply: Reply<Pressed>,
    },
    /// New rosters or playbooks are in force from now on.
    Replan {
        /// All of them.
        plan: Arc<Plan>,
        /// Whether it is still wanted.
        claim: Claim,
        /// Answered once they are in force and that is durable.
        reply: Reply<()>,
    },
    /// A source has spoken, whatever it said.
    Heard {
        /// Which.
        source: SourceName,
        /// Answered once the loop knows; left out where nobody waits for it.
        reply: Option<Reply<()>>,
    },
    /// The files are valid again after a start with broken ones, and nothing else is wrong with the configuration.
    ConfigurationFixed,
    /// How well is the house?
    Vitals {
        /// Answered at once.
        reply: Reply<Vitals>,
    },
    /// An operator has the words of a closed incident destroyed.
    Purge {
        /// Which.
        incident: IncidentId,
        /// Who.
        operator: OperatorName,
        /// Whether it is still wanted.
        claim: Claim,
        /// Answered once it is durable, and done.
        reply: Reply<Acted>,
    },
    /// Something happened to the house that is to be recorded.
    Tell {
        /// What.
        event: Box<HouseEvent>,
        /// Answered once it is durable.
        reply: Reply<()>,
    },
    /// The oldest part of the record is about to be removed.
    Prune {
        /// What is recorded of it.
        found: Box<Prunable>,
        /// Answered with the checkpoint's number, once it is durable.
        reply: Reply<u64>,
    },
    /// An operator tests the channels.
    TestChannels {
        /// Answered once all tests have ended and that is durable.
        reply: Reply<Vec<TestResult>>,
    },
    /// Is the loop alive?
    Ping {
        /// Answered at once.
        reply: Reply<()>,
    },
    /// The daemon ends: nothing new is sent, and what is on its way is waited for.
    Stop {
        /// Answered when nothing is on its way any more.
        reply: Reply<()>,
    },
}

impl Request {
    /// Takes the request in order to carry it out. False where its caller has been answered that it never will be.
    #[must_use]
    pub fn take(&self) -> bool {
        match self {
            Self::Open { claim, .. }
            | Self::Act { claim, .. }
            | Self::Press { claim, .. }
            | Self::Replan { claim, .. }
            | Self::Purge { claim, .. } => claim.take(),
            Self::View { .. }
            | Self::Heard { .. }
            | Self::Vitals { .. }
            | Self::ConfigurationFixed
            | Self::Tell { .. }
            | Self::Prune { .. }
            | Self::TestChannels { .. }
            | Self::Ping { .. }
            | Self::Stop { .. } => true,
        }
    }
}

impl Request {
    /// Whether it asks the loop to record something that it would not record by itself.
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Act { .. } | Self::Press { .. } | Self::Purge { .. })
    }

    /// Answers that it is not carried out; whoever asked may have gone away.
    pub fn refuse(self, refused: Refused) {
        match self {
            Self::Open { reply, .. } => drop(reply.send(Err(refused))),
            Self::Act { reply, .. } | Self::Purge { reply, .. } => drop(reply.send(Err(refused))),
            Self::Press { reply, .. } => drop(reply.send(Err(refused))),
            Self::View { reply, .. } => drop(reply.send(Err(refused))),
            Self::Vitals { reply } => drop(reply.send(Err(refused))),
            Self::ConfigurationFixed => {}
            Self::Prune { reply, .. } => drop(reply.send(Err(refused))),
            Self::TestChannels { reply } => drop(reply.send(Err(refused))),
            Self::Heard { reply, .. } => reply.into_iter().for_each(|reply| drop(reply.send(Err(refused.clone())))),
            Self::Replan { reply, .. } | Self::Tell { reply, .. } | Self::Ping { reply } | Self::Stop { reply } => {
                drop(reply.send(Err(refused)));
            }
        }
    }
}

/// What an operator does.
#[derive(Debug, Clone)]
pub enum Action {
    /// Takes it for a department, or for all that nobody has.
    Acknowledge(Option<DepartmentId>),
    /// Says that a department's paged people cannot take it.
    Decline(Option<DepartmentId>),
    /// Asks for the next step now.
    Escalate(Option<DepartmentId>),
    /// Closes the matter.
    Resolve(Option<String>),
    /// Writes something down.
    Note(Option<DepartmentId>, String),
}

/// Why the engine refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The incident's own decision.
    #[error(transparent)]
    Decision(#[from] Refusal),
    /// No incident of that reference was ever accepted.
    #[error("no incident has the reference `{0}`")]
    UnknownIncident(IncidentId),
    /// No page has that link.
    #[error("this link is not valid")]
    UnknownLink,
    /// The incident was resolved long ago.
    #[error("this link has expired")]
    ExpiredLink,
    /// The incident is still open: its words are needed.
    #[error("the incident is still open")]
    StillOpen,
    /// Its words are destroyed.
    #[error("purged already by {} at {}", .by.name(), crate::domain::instant::to_text(*.at))]
    AlreadyPurged {
        /// Who.
        by: By,
        /// When, on the record's clock.
        at: DateTime<Utc>,
    },
    /// It is recorded as purged, and a key could not be destroyed yet.
    #[error("its keys could not be destroyed yet: {0}")]
    NotYetPurged(String),
    /// No file says where test messages go.
    #[error("no address for test messages is set up")]
    NothingToTest,
    /// Test messages were sent, and what came of them cannot be recorded yet.
    #[error("what came of the test messages cannot be recorded yet: {reason}")]
    TestsUnrecorded {
        /// What came of them.
        tests: Vec<TestResult>,
        /// Why.
        reason: String,
    },
    /// The journal cannot be written.
    #[error("cannot record anything at the moment: {0}")]
    CannotRecord(String),
    /// The daemon is ending, or has too much to do. Nothing was recorded, and nothing of the request will be.
    #[error("the daemon cannot answer at the moment")]
    Unavailable,
    /// The request is being recorded, and whether it will be is not known yet.
    #[error("whether it was recorded is not known yet")]
    NotKnownYet,
}

/// What an operator's action led to.
#[derive(Debug, Clone)]
pub struct Acted {
    /// Where the incident stands now.
    pub incident: Incident,
}

/// The whole answer to an operator: where the incident stands as a whole.
impl Acted {
    /// Where the incident stands as a whole.
    pub fn status(&self) -> Status {
        self.incident.status()
    }
}
