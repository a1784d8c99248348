//! What sources, operators and liaisons ask to be recorded.

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{DepartmentId, IncidentId, OperatorName, SourceName};
use crate::domain::incident::Incoming;
use crate::engine::protocol::claim::Claim;
use crate::engine::protocol::link::{LinkPress, Pressed};
use crate::engine::protocol::refused::Refused;
use crate::engine::protocol::reply::Reply;
use crate::store::query::Receipt;

/// Asks for something to be recorded; answered once that is durable.
pub enum Command {
    /// A source sends an incident.
    Open { source: SourceName, incoming: Box<Incoming>, claim: Claim, reply: Reply<Receipt> },
    /// An operator acts on an incident.
    Act { incident: IncidentId, operator: OperatorName, action: Action, claim: Claim, reply: Reply<Acted> },
    /// Somebody presses a button behind a link.
    Press { press: LinkPress, claim: Claim, reply: Reply<Pressed> },
    /// An operator has the words of a closed incident destroyed; answered once that is done, too.
    Purge { incident: IncidentId, operator: OperatorName, claim: Claim, reply: Reply<Acted> },
}

impl Command {
    /// Takes the command in order to carry it out. False where its caller has been answered that it never will be.
    #[must_use]
    pub fn take(&self) -> bool {
        let (Self::Open { claim, .. }
        | Self::Act { claim, .. }
        | Self::Press { claim, .. }
        | Self::Purge { claim, .. }) = self;
        claim.take()
    }

    /// Answers that it is not carried out; whoever asked may have gone away.
    pub fn refuse(self, refused: Refused) {
        match self {
            Self::Open { reply, .. } => drop(reply.send(Err(refused))),
            Self::Act { reply, .. } | Self::Purge { reply, .. } => drop(reply.send(Err(refused))),
            Self::Press { reply, .. } => drop(reply.send(Err(refused))),
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

/// What an operator's action led to.
#[derive(Debug, Clone)]
pub struct Acted {
    /// Where the incident stands now.
    pub incident: Incident,
}

impl Acted {
    /// Where the incident stands as a whole.
    pub fn status(&self) -> Status {
        self.incident.status()
    }
}
