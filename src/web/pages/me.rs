//! The reader's own shifts, contacts, calendar and sessions.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::contact::ChannelKind;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// Shifts within this time are listed.
const AHEAD: TimeDelta = TimeDelta::days(28);

/// More shifts than this are not listed; the calendar has them.
const SHIFTS_MAX: usize = 20;

#[derive(Debug, Template)]
#[template(path = "me.html")]
pub struct Me {
    frame: Frame,
    shifts: Vec<Shift>,
    contacts: Vec<(String, String)>,
    /// The address of the reader's calendar, for each department.
    calendars: Vec<Calendar>,
    has_card: bool,
    sessions: Vec<SessionLine>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Shift {
    pub department: String,
    pub role: String,
    pub from: String,
    pub to: String,
    pub is_now: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    pub department: String,
    pub address: String,
}

/// One of the reader's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub began_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The one that shows this page.
    pub is_this: bool,
}

#[derive(Debug)]
struct SessionLine {
    began: String,
    ends: String,
    is_this: bool,
}

/// What a page about its reader needs from elsewhere.
#[derive(Debug, Default)]
pub struct Own {
    pub calendars: Vec<Calendar>,
    pub has_card: bool,
    pub sessions: Vec<Session>,
}

impl Me {
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer, own: Own) -> Self {
        let times = Times::new(&viewer.zone, now);
        let session = |session: &Session| SessionLine {
            began: times.wall(session.began_at),
            ends: times.wall(session.ends_at),
            is_this: session.is_this,
        };
        Self {
            frame: Frame::new(site, viewer, times, Tab::Me),
            shifts: shifts(plan, now, viewer),
            contacts: contacts(plan, viewer),
            calendars: own.calendars,
            has_card: own.has_card,
            sessions: own.sessions.iter().map(session).collect(),
        }
    }
}

/// The reader's shifts from now on, in order.
fn shifts(plan: &Plan, now: Now, viewer: &Viewer) -> Vec<Shift> {
    let until = now.wall + AHEAD;
    let mut found = Vec::new();
    for (department, liaison) in &viewer.entries {
        let Some(roster) = plan.rosters.get(department) else { continue };
        let times = Times::new(&roster.timezone, now);
        for role in roster.roles() {
            let shifts = roster.shifts(&role, now.wall, until).into_iter();
            let theirs = shifts.filter(|shift| shift.on_call.as_ref().is_some_and(|(id, _)| id == liaison));
            found.extend(theirs.map(|shift| {
                let is_now = shift.from <= now.wall;
                let to =
                    if shift.to >= until { format!("{} or later", times.wall(until)) } else { times.wall(shift.to) };
                let (department, role) = (roster.name.clone(), role.to_string());
                (shift.from, Shift { department, role, from: times.wall(shift.from), to, is_now })
            }));
        }
    }
    found.sort_by_key(|(from, _)| *from);
    found.into_iter().take(SHIFTS_MAX).map(|(_, shift)| shift).collect()
}

/// The reader's contacts, each once.
fn contacts(plan: &Plan, viewer: &Viewer) -> Vec<(String, String)> {
    let mut contacts = Vec::new();
    for (department, liaison) in &viewer.entries {
        let Some(liaison) = plan.rosters.get(department).and_then(|roster| roster.liaison(liaison)) else { continue };
        for channel in ChannelKind::ALL {
            for address in liaison.contacts.in_turn(channel) {
                let line = (channel.in_words().to_owned(), address.to_owned());
                if !contacts.contains(&line) {
                    contacts.push(line);
                }
            }
        }
    }
    contacts
}
