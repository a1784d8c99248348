//! Questions to the store, and what it answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::escalation::incident::{Incident, Status};
use crate::domain::id::{DepartmentId, IncidentId, LiaisonId};
use crate::journal::record::Record;

/// Which incidents to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those that stand so.
    pub status: Option<Status>,
    /// Those with a track of this department.
    pub department: Option<DepartmentId>,
    /// At most so many.
    pub limit: usize,
    /// Only those before this place.
    pub before: Option<Cursor>,
}

/// A place in the list of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When the incident was received.
    pub received_at: DateTime<Utc>,
    /// Its reference, where two came in at once.
    pub id: IncidentId,
}

/// A part of the list of incidents.
#[derive(Debug)]
pub struct Listing {
    /// The incidents, newest first.
    pub incidents: Vec<Incident>,
    /// Where the list goes on.
    pub next: Option<Cursor>,
}

/// One incident with all that happened to it.
#[derive(Debug)]
pub struct History {
    /// Where it stands.
    pub incident: Incident,
    /// In the order of the journal.
    pub records: Vec<Record>,
}

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTarget {
    /// The incident.
    pub incident: IncidentId,
    /// The page's number.
    pub page: u32,
    /// The department whose track the page is about.
    pub department: DepartmentId,
    /// Whose link it is.
    pub liaison: LiaisonId,
    /// Their name.
    pub name: String,
    /// The roster that holds them.
    pub roster: DepartmentId,
}

/// What a source was answered, kept so that the same event is answered like the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The incident's reference.
    pub id: IncidentId,
    /// Where it stood.
    pub status: Status,
    /// The playbook's name.
    pub playbook: String,
    /// It folded into an incident that was open.
    pub duplicate_of_open: bool,
    /// The wall clock when it was received.
    #[serde(with = "crate::domain::instant")]
    pub received_at: DateTime<Utc>,
}
