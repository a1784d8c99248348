//! Queries to the store, and their results.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::escalation::event::Paged;
use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId};
use crate::domain::person_id::PersonId;
use crate::domain::session::SessionEvent;
use crate::journal::record::{Fact, Record};

/// Which incidents to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// Only incidents that still owe something.
    pub owing: bool,
    /// Only incidents with a track for this department.
    pub department: Option<DepartmentId>,
    /// The maximum number of incidents.
    pub limit: usize,
    /// Only incidents before this position.
    pub before: Option<Cursor>,
}

/// Whose access to list, in the order of the record.
#[derive(Debug, Clone, Default)]
pub struct AccessFilter {
    /// Only what was shown about this incident.
    pub incident: Option<IncidentId>,
    /// Also where they used an emergency code.
    pub person: Option<PersonId>,
    /// Only from then on, on the record's clock.
    pub from: Option<DateTime<Utc>>,
}

impl AccessFilter {
    /// The most events in one answer.
    pub const MOST: usize = 5_000;

    pub fn fits(&self, record: &Record) -> bool {
        let Fact::Person(person, event) = &record.entry.fact else { return false };
        let is_about =
            |id: IncidentId| matches!(event, SessionEvent::ProtectedShown { incident, .. } if *incident == id);
        let used_by = match event {
            SessionEvent::SignedIn { proof, .. } => proof.used_by.as_ref(),
            _ => None,
        };
        self.incident.is_none_or(is_about)
            && self.person.as_ref().is_none_or(|wanted| wanted == person || Some(wanted) == used_by)
            && self.from.is_none_or(|from| record.entry.at >= from)
    }
}

/// A position in the list of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When the incident was received.
    pub received_at: DateTime<Utc>,
    /// Its reference, in case two arrived at the same time.
    pub id: IncidentId,
}

/// A page of the list of incidents.
#[derive(Debug)]
pub struct Listing {
    /// Newest first.
    pub incidents: Vec<Incident>,
    /// Where the next page starts.
    pub next: Option<Cursor>,
}

/// An incident with everything that happened to it.
#[derive(Debug)]
pub struct History {
    /// Its current state.
    pub incident: Incident,
    /// In journal order.
    pub records: Vec<Record>,
}

/// The target of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    pub incident: IncidentId,
    pub page: u32,
    /// The department whose track the page is about.
    pub department: DepartmentId,
    /// The person the link belongs to.
    pub liaison: LiaisonId,
    pub name: String,
    /// The roster that lists them.
    pub roster: DepartmentId,
}

impl LinkTarget {
    /// The target of the link that a page was made with.
    pub fn of(incident: IncidentId, department: &DepartmentId, paged: &Paged) -> Self {
        Self {
            incident,
            page: paged.number,
            department: department.clone(),
            liaison: paged.liaison.clone(),
            name: paged.name.clone(),
            roster: paged.roster.clone(),
        }
    }
}

/// The answer to a source, kept so that a resent event gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Receipt {
    pub id: IncidentId,
    /// The status at that time.
    pub status: Status,
    pub playbook: String,
    /// It folded into an open incident.
    pub duplicate_of_open: bool,
    /// Wall clock.
    #[serde(with = "crate::domain::instant")]
    #[schemars(with = "crate::domain::instant::Rfc3339")]
    pub received_at: DateTime<Utc>,
}
