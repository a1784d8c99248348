//! A department's roster: when it is staffed, who its liaisons are, and who is on call for each role.

pub mod change;
pub mod on_call;
pub mod holidays;
pub mod hours;
pub mod rotation;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::contact::Contacts;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::place::Place;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::Rotation;
use crate::domain::zone::Zone;

/// A department's roster, always valid as a whole: every name in it resolves.
#[derive(Debug, Clone)]
pub struct Roster {
    /// Equals the stem of the file name.
    pub department: DepartmentId,
    /// The department's display name.
    pub name: String,
    /// The zone of all local times in the file.
    pub timezone: Zone,
    /// Who answers if this department does not.
    pub escalate_to: Option<DepartmentId>,
    /// The contact for questions about the file.
    pub owner: Option<String>,
    /// The date by which the file must be reviewed.
    pub review_by: Option<NaiveDate>,
    pub hours: Hours,
    /// In file order.
    pub liaisons: Vec<Liaison>,
    /// In file order: the first that applies counts.
    pub rotations: Vec<Rotation>,
    /// In file order: the last that covers an instant counts.
    pub overrides: Vec<Override>,
}

impl Roster {
    pub fn liaison(&self, id: &LiaisonId) -> Option<&Liaison> {
        self.liaisons.iter().find(|liaison| liaison.id == *id)
    }

    /// Whether the department is staffed at an instant.
    pub fn is_staffed(&self, at: DateTime<Utc>) -> bool {
        self.hours.cover(local_time::latest_shown(&self.timezone, at))
    }

    /// The first staffed instant at or after `at`; `None` if that is more than a month away.
    pub fn next_staffed(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.hours.next_open(&self.timezone, at)
    }

    /// The next instant before `until` when the department opens or closes.
    pub fn next_turn(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let staffed = self.is_staffed(after);
        let mut at = after;
        loop {
            // If two periods of hours meet, the department is staffed on both sides of the edge.
            let edge = self.hours.next_edge(local_time::latest_shown(&self.timezone, at))?;
            at = local_time::to_instant(&self.timezone, edge);
            if at >= until {
                return None;
            }
            if self.is_staffed(at) != staffed {
                return Some(at);
            }
        }
    }
}

/// A person in a roster.
#[derive(Debug, Clone)]
pub struct Liaison {
    /// Unique in the roster.
    pub id: LiaisonId,
    /// Display name.
    pub name: String,
    pub contacts: Contacts,
    /// The day the person agreed to receive text messages.
    pub sms_consent: Option<NaiveDate>,
    /// When the person cannot be on call.
    pub away: Vec<Away>,
    /// Where the person is defined.
    pub place: Place,
}

impl Liaison {
    /// The first absence in the file that covers an instant.
    pub fn absence(&self, at: DateTime<Utc>) -> Option<&Away> {
        self.absences(at).next()
    }

    /// The absences that cover an instant, in file order.
    pub fn absences(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Away> {
        self.away.iter().filter(move |away| away.from <= at && at < away.to)
    }

    /// Whether a page to one of the two also reaches the other.
    pub fn shares_contact(&self, other: &Self) -> bool {
        self.contacts.share_any(&other.contacts)
    }

    /// Whether the two are one person. Ids are unique only within a roster; a person in two rosters has the same id and
    /// a contact in common.
    pub fn is_same_person(&self, roster: &DepartmentId, other: &Self, others_roster: &DepartmentId) -> bool {
        self.id == other.id && (roster == others_roster || self.shares_contact(other))
    }
}

/// A period when a liaison cannot be on call, `[from, to)`.
#[derive(Debug, Clone)]
pub struct Away {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The person who covers.
    pub cover: Option<LiaisonId>,
    pub place: Place,
}

/// Someone is on call for a role during a period, regardless of the rotation, `[from, to)`.
#[derive(Debug, Clone)]
pub struct Override {
    pub role: Role,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub liaison: LiaisonId,
    /// The reason, for readers of the schedule.
    pub reason: Option<String>,
    pub place: Place,
}
