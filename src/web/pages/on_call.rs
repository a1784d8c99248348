//! Who is on call in each department now, until when, and who comes then.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::Role;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::incident::Contact;
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// How far ahead to look for the end of a shift.
const HORIZON: TimeDelta = TimeDelta::days(60);

#[derive(Debug, Template)]
#[template(path = "on-call.html")]
pub struct OnCallPage {
    frame: Frame,
    as_of: String,
    departments: Vec<Department>,
}

#[derive(Debug)]
pub struct Department {
    name: String,
    /// When it is staffed again, or that it is.
    hours: String,
    duties: Vec<Duty>,
    escalates_to: Option<String>,
}

#[derive(Debug)]
pub struct Duty {
    role: String,
    /// `None` for a gap.
    person: Option<Contact>,
    until: Option<String>,
    /// Who comes then, in words.
    then: Option<String>,
}

impl OnCallPage {
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer) -> Self {
        let times = Times::new(&viewer.zone, now);
        Self {
            frame: Frame::new(site, viewer, times, Tab::OnCall),
            as_of: times.wall_to_the_second(now.wall),
            departments: plan.rosters.values().map(|roster| Department::new(plan, roster, now)).collect(),
        }
    }
}

impl Department {
    fn new(plan: &Plan, roster: &Roster, now: Now) -> Self {
        let times = Times::new(&roster.timezone, now);
        let hours = match (roster.is_staffed(now.wall), roster.next_staffed(now.wall)) {
            (true, _) => "Staffed now".to_owned(),
            (false, Some(at)) => format!("Not staffed until {}", times.wall(at)),
            (false, None) => "No staffed hours".to_owned(),
        };
        Self {
            name: roster.name.clone(),
            hours,
            duties: roster.roles().iter().map(|role| Duty::new(roster, role, now.wall, times)).collect(),
            escalates_to: roster.escalate_to.as_ref().map(|next| plan.department_name(next).to_owned()),
        }
    }
}

impl Duty {
    fn new(roster: &Roster, role: &Role, at: DateTime<Utc>, times: Times<'_>) -> Self {
        let on_call = |at| roster.on_call(role, at, &|_| false).map(|found| found.liaison);
        let until = roster.next_change_within(role, at, HORIZON);
        let then = until.map(|until| match on_call(until) {
            Some(next) => format!("then {}", next.name),
            None => "then nobody is on call".to_owned(),
        });
        let person = |liaison: &Liaison| Contact::new(liaison, String::new());
        Self {
            role: role.to_string(),
            person: on_call(at).map(person),
            until: until.map(|until| times.wall(until)),
            then,
        }
    }
}
