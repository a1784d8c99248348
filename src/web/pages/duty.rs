//! Who is on call, until when, and who comes then.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;
use crate::web::pages::people::PersonLinks;
use crate::web::words::Times;

/// How far ahead to look for the end of a shift.
const HORIZON: TimeDelta = TimeDelta::days(60);

/// Who is on call for a department.
#[derive(Debug)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    /// When it is staffed again, or that it is.
    pub hours: String,
    pub duties: Vec<Duty>,
    pub escalates_to: Option<String>,
}

#[derive(Debug)]
pub struct Duty {
    pub role: Role,
    /// `None` for a gap.
    pub person: Option<PersonLinks>,
    pub next: Option<NextDuty>,
}

/// What follows when a duty ends.
#[derive(Debug)]
pub struct NextDuty {
    pub at: String,
    /// `None` for a gap.
    pub name: Option<String>,
}

impl Department {
    pub fn new(plan: &Plan, roster: &Roster, now: Now) -> Self {
        let times = Times::new(&roster.timezone, now);
        let hours = match (roster.is_staffed(now.wall), roster.next_staffed(now.wall)) {
            (true, _) => "Staffed now".to_owned(),
            (false, Some(at)) => format!("Not staffed until {}", times.wall(at)),
            (false, None) => "No staffed hours".to_owned(),
        };
        Self {
            id: roster.department.clone(),
            name: roster.name.clone(),
            hours,
            duties: roster.roles().into_iter().map(|role| Duty::new(roster, role, now.wall, times)).collect(),
            escalates_to: roster.escalate_to.as_ref().map(|next| plan.department_name(next).to_owned()),
        }
    }

    /// All departments, in the order of their ids.
    pub fn all(plan: &Plan, now: Now) -> Vec<Self> {
        plan.rosters.values().map(|roster| Self::new(plan, roster, now)).collect()
    }

    pub fn has_gap(&self) -> bool {
        self.duties.iter().any(|duty| duty.person.is_none())
    }

    pub fn duty(&self, role: &Role) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.role == *role)
    }
}

impl Duty {
    fn new(roster: &Roster, role: Role, at: DateTime<Utc>, times: Times<'_>) -> Self {
        let on_call = |at| roster.on_call(&role, at, &|_| false).map(|found| found.liaison);
        let person = on_call(at).map(|liaison| PersonLinks::new(liaison, String::new()));
        let next = roster
            .next_change_within(&role, at, HORIZON)
            .map(|until| NextDuty { at: times.wall(until), name: on_call(until).map(|liaison| liaison.name.clone()) });
        Self { role, person, next }
    }
}
