//! Commands from sources, operators, and liaisons.

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::escalation::resolution::Resolve;
use crate::domain::escalation::statements::input::StatementChange;
use crate::domain::escalation::tasks::input::TaskChange;
use crate::domain::id::{DepartmentId, IncidentId, SourceName};
use crate::domain::incident::Incoming;
use crate::domain::person_id::PersonId;
use crate::domain::principal::Principal;
use crate::domain::session::SessionInput;
use crate::engine::protocol::claim::Claim;
use crate::engine::protocol::link::{LinkPress, Pressed};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::store::query::Receipt;

/// A request to record something; answered once it is durable.
pub enum Command {
    /// Somebody sends an incident. The source scopes its event id and its dedup key.
    Open { by: Principal, source: SourceName, incoming: Box<Incoming>, claim: Claim, reply: Reply<Receipt> },
    /// An operator acts on an incident.
    Act { incident: IncidentId, by: Principal, action: Action, claim: Claim, reply: Reply<Acted> },
    /// Somebody presses a button behind a link.
    Press { press: LinkPress, claim: Claim, reply: Reply<Pressed> },
    /// An operator purges a closed incident; answered once that is done, too.
    Purge { incident: IncidentId, by: Principal, claim: Claim, reply: Reply<Acted> },
    /// Somebody signs in or out, or is about to be shown something; answered with the number of events. Several inputs,
    /// of different people, are recorded together or not at all.
    Session { inputs: Vec<(PersonId, SessionInput)>, claim: Claim, reply: Reply<usize> },
}

impl Command {
    /// Claims the command. False if its caller has given up.
    #[must_use]
    pub fn take(&self) -> bool {
        let (Self::Open { claim, .. }
        | Self::Act { claim, .. }
        | Self::Press { claim, .. }
        | Self::Purge { claim, .. }
        | Self::Session { claim, .. }) = self;
        claim.take()
    }

    /// Refuses the command; the caller may be gone.
    pub fn refuse(self, refused: Refused) {
        match self {
            Self::Open { reply, .. } => drop(reply.send(Err(refused))),
            Self::Act { reply, .. } | Self::Purge { reply, .. } => drop(reply.send(Err(refused))),
            Self::Press { reply, .. } => drop(reply.send(Err(refused))),
            Self::Session { reply, .. } => drop(reply.send(Err(refused))),
        }
    }
}

#[derive(Debug, Clone)]
pub enum Action {
    /// Acknowledges for a department, or for all unacknowledged ones.
    Acknowledge(Option<DepartmentId>),
    /// Declines for a department's paged people.
    Decline(Option<DepartmentId>),
    /// Asks for the next step now.
    Escalate(Option<DepartmentId>),
    Resolve(Resolve),
    /// Reopens what is resolved, with the reason.
    Reopen(Option<String>),
    /// Asks someone (an id, or `department/id`) to take over what was acknowledged.
    HandOver(Option<DepartmentId>, String),
    /// Takes over what someone was asked to.
    TakeOver(Option<DepartmentId>),
    /// Adds a note.
    Note(Option<DepartmentId>, String),
    /// Changes a task, or adds one.
    Task(TaskChange),
    /// Writes, submits, or uses a statement, among others.
    Statement(StatementChange),
}

/// The result of an operator's action.
#[derive(Debug, Clone)]
pub struct Acted {
    /// The incident's current status.
    pub incident: Incident,
}

impl Acted {
    /// The incident's overall status.
    pub fn status(&self) -> Status {
        self.incident.status()
    }
}
