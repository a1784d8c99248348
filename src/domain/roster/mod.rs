//! A department's roster: when it is staffed, who its liaisons are, and who holds which role when.

pub mod change;
pub mod holder;
pub mod holidays;
pub mod hours;
pub mod rotation;

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::civil;
use crate::domain::contact::Contacts;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::place::Place;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::Rotation;
use crate::domain::zone::Zone;

/// A department's roster, valid as a whole: every name in it resolves.
#[derive(Debug, Clone)]
pub struct Roster {
    /// Equals the stem of the file's name.
    pub department: DepartmentId,
    /// The department's name as people say it.
    pub name: String,
    /// The zone that every local time in the file is read in.
    pub timezone: Zone,
    /// Who answers when this department does not.
    pub escalate_to: Option<DepartmentId>,
    /// Whom to ask about the file.
    pub owner: Option<String>,
    /// The day by which somebody looks the file over.
    pub review_by: Option<NaiveDate>,
    /// When the department is staffed.
    pub hours: Hours,
    /// In the file's order.
    pub liaisons: Vec<Liaison>,
    /// In the file's order: the first that holds counts.
    pub rotations: Vec<Rotation>,
    /// In the file's order: the last that covers an instant counts.
    pub overrides: Vec<Override>,
}

impl Roster {
    /// The liaison of that id.
    pub fn liaison(&self, id: &LiaisonId) -> Option<&Liaison> {
        self.liaisons.iter().find(|liaison| liaison.id == *id)
    }

    /// Whether the department is staffed at an instant.
    pub fn is_staffed(&self, at: DateTime<Utc>) -> bool {
        self.hours.cover(civil::latest_shown(&self.timezone, at))
    }

    /// The first instant from `at` on when the department is staffed; `None` if that is more than a month away.
    pub fn next_staffed(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.hours.next_open(&self.timezone, at)
    }

    /// The next instant at which the department opens or closes; none up to `until`.
    pub fn next_turn(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let staffed = self.is_staffed(after);
        let mut at = after;
        loop {
            // Where hours meet without a break, the department is staffed on both sides of the edge.
            let edge = self.hours.next_edge(civil::latest_shown(&self.timezone, at))?;
            at = civil::to_instant(&self.timezone, edge);
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
    /// As people say it.
    pub name: String,
    /// How the person is reached.
    pub contacts: Contacts,
    /// The day the person agreed to be sent messages.
    pub sms_consent: Option<NaiveDate>,
    /// When the person cannot be on call.
    pub away: Vec<Away>,
    /// Where the person stands in the files.
    pub place: Place,
}

impl Liaison {
    /// The absence that covers an instant, the first in the file of those that do.
    pub fn absence(&self, at: DateTime<Utc>) -> Option<&Away> {
        self.absences(at).next()
    }

    /// The absences that cover an instant, in the file's order.
    pub fn absences(&self, at: DateTime<Utc>) -> impl Iterator<Item = &Away> {
        self.away.iter().filter(move |away| away.from <= at && at < away.to)
    }

    /// Whether a page to one of the two would ring at the other as well.
    pub fn shares_contact(&self, other: &Self) -> bool {
        self.contacts.share_any(&other.contacts)
    }

    /// Whether the two are one person: ids are unique within one roster alone, and a person in two rosters has the same
    /// id and a contact in common.
    pub fn is_same_person(&self, roster: &DepartmentId, other: &Self, others_roster: &DepartmentId) -> bool {
        self.id == other.id && (roster == others_roster || self.shares_contact(other))
    }
}

/// A time during which a liaison cannot be on call, `[from, to)`.
#[derive(Debug, Clone)]
pub struct Away {
    /// The first instant away.
    pub from: DateTime<Utc>,
    /// The first instant back.
    pub to: DateTime<Utc>,
    /// Who stands in.
    pub cover: Option<LiaisonId>,
    /// Where it is written.
    pub place: Place,
}

/// Somebody holds a role for a while whatever the rotation says, `[from, to)`.
#[derive(Debug, Clone)]
pub struct Override {
    /// The role.
    pub role: Role,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Who holds it.
    pub liaison: LiaisonId,
    /// Why, for whoever reads the schedule.
    pub reason: Option<String>,
    /// Where it is written.
    pub place: Place,
}
