//! Who reads a page.

use chrono::{DateTime, Utc};

use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::person_id::PersonId;
use crate::domain::principal::Principal;
use crate::domain::zone::Zone;

#[derive(Debug, Clone)]
pub struct Viewer {
    pub person: PersonId,
    pub name: String,
    /// The rosters that list them, with their id in each.
    pub entries: Vec<(DepartmentId, LiaisonId)>,
    /// The zone in which they read times that belong to no department.
    pub zone: Zone,
    /// Whether they may open incidents by the form.
    pub may_open: bool,
    /// Sent with each of their forms.
    pub form_token: String,
    /// When their session ends unless they go on, on the wall clock.
    pub session_ends_at: DateTime<Utc>,
    /// Then it ends whatever they do.
    pub session_ends_for_good: bool,
}

impl Viewer {
    /// Whether they are who acted.
    pub fn is(&self, who: &Principal) -> bool {
        match who {
            Principal::Person { person, .. } if *person == self.person => true,
            _ => who.entries().any(|acting| self.is_listed_as(acting.roster, acting.liaison)),
        }
    }

    pub fn is_listed_as(&self, roster: &DepartmentId, liaison: &LiaisonId) -> bool {
        self.entries.iter().any(|(department, id)| department == roster && id == liaison)
    }

    /// How a page calls somebody: the reader is "you".
    pub fn name_of<'a>(&self, who: &'a Principal) -> &'a str {
        if self.is(who) { "you" } else { who.name() }
    }
}
