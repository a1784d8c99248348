//! A department's roster: when it is staffed, who its liaisons are, and who is on call for each role.

pub mod change;
pub mod count;
pub mod holidays;
pub mod hours;
pub mod on_call;
pub mod rotation;
pub mod unavailable;
pub mod week;
pub mod window;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::domain::contact::Contacts;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::place::Place;
use crate::domain::roster::count::StretchCount;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::window::Window;
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
    /// Counts the stretches of `hours`.
    pub staffed_count: StretchCount,
    /// In file order.
    pub windows: Vec<Arc<Window>>,
    /// Who approves statements for the department, in order; if empty, its primary does.
    pub approvers: Vec<LiaisonId>,
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

    /// Whether someone cannot be on call at an instant.
    pub fn is_away(&self, liaison: &Liaison, at: DateTime<Utc>) -> bool {
        let is_unavailable = || {
            !liaison.unavailable.is_empty() && { liaison.is_unavailable(local_time::latest_shown(&self.timezone, at)) }
        };
        liaison.absence(at).is_some() || is_unavailable()
    }

    /// The index of a rotation's turn in its `liaisons`, at a latest shown local time. Call it only after the rotation
    /// has begun.
    pub fn turn(&self, rotation: &Rotation, shown: NaiveDateTime) -> usize {
        rotation.turn(shown, |shown| self.stretch(&rotation.during, shown))
    }

    /// The number of the stretch that covers a local time or, if none does, of the next one.
    fn stretch(&self, during: &During, shown: NaiveDateTime) -> i64 {
        let begun = || self.staffed_count.begun(shown, |day, until| self.hours.begun_on(day, until));
        match during {
            During::Hours if self.hours.cover(shown) => begun(),
            During::Hours => begun() + 1,
            // Between two stretches of hours there is one without staff.
            During::AfterHours => begun(),
            During::Always => 0,
            During::Window(window) => window.stretch(shown),
        }
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
    /// When the person cannot be on call, week after week.
    pub unavailable: Vec<Unavailable>,
    /// Whether the person is in `people.toml`, so that the id is the same person in every roster.
    pub is_listed: bool,
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

    /// Whether a latest shown local time is in a time of the week at which the person cannot be on call.
    pub fn is_unavailable(&self, shown: NaiveDateTime) -> bool {
        self.unavailable.iter().any(|time| time.cover(shown))
    }

    /// Whether a page to one of the two also reaches the other.
    pub fn shares_contact(&self, other: &Self) -> bool {
        self.is_listed_as(other) || self.contacts.share_any(&other.contacts)
    }

    fn is_listed_as(&self, other: &Self) -> bool {
        self.is_listed && other.is_listed && self.id == other.id
    }

    /// Keys of which two entries have one in common if and only if a page to one reaches the other.
    pub fn keys(&self) -> impl Iterator<Item = Cow<'_, str>> {
        // No address contains a line break.
        let listed = self.is_listed.then(|| Cow::Owned(format!("\n{}", self.id)));
        self.contacts.keys().chain(listed)
    }

    /// Whether the two are one person. Ids are unique only within a roster; a person in two rosters has the same id, and
    /// an entry in `people.toml` or a contact in common.
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
