//! The reader's own shifts, contacts, calendar and sessions.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::contact::Contact;
use crate::domain::instant::Now;
use crate::domain::plan::Plan;
use crate::domain::principal::SignInMethod;
use crate::web::notice::Notice;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// Shifts within this time are listed.
const AHEAD: TimeDelta = TimeDelta::days(28);

/// More shifts than this are not listed; the calendar has them.
const SHIFTS_MAX: usize = 20;

/// More shifts than this are shown on request, so that contacts and sessions are near.
const SHIFTS_SHOWN: usize = 5;

#[derive(Debug, Template)]
#[template(path = "me.html")]
pub struct Me {
    frame: Frame,
    notice: Option<Notice>,
    shifts: Vec<Shift>,
    /// Those after the first few.
    later_shifts: Vec<Shift>,
    is_listed: bool,
    is_by_emergency_code: bool,
    contacts: Vec<ContactLine>,
    may_test: bool,
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

/// A contact of the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub contact: Contact,
    /// When a message last reached it, in logical time, if one did. `None` if that is not known now.
    pub reached: Option<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct ContactLine {
    channel: &'static str,
    address: String,
    reached: String,
}

/// One of the reader's sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Tells it apart in a form.
    pub name: String,
    pub how: SignInMethod,
    /// The network address it was begun from.
    pub from: String,
    pub began_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// The one that shows this page.
    pub is_this: bool,
}

#[derive(Debug)]
struct SessionLine {
    name: String,
    how: &'static str,
    from: String,
    began: String,
    ends: String,
    is_this: bool,
}

/// What a page about its reader needs from elsewhere.
#[derive(Debug, Default)]
pub struct Own {
    /// The session began with an emergency code, so nothing of the person is shown.
    pub is_by_emergency_code: bool,
    pub reach: Vec<Reach>,
    /// Whether a test message can be sent to any of them.
    pub may_test: bool,
    pub calendars: Vec<Calendar>,
    pub has_card: bool,
    /// The one that shows the page is the first.
    pub sessions: Vec<Session>,
    pub notice: Option<Notice>,
}

impl Me {
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer, own: Own) -> Self {
        let times = Times::new(&viewer.zone, now);
        let mut shifts = shifts(plan, now, viewer);
        let session = |session: &Session| SessionLine {
            name: session.name.clone(),
            how: session.how.words(),
            from: session.from.clone(),
            began: times.wall(session.began_at),
            ends: times.wall(session.ends_at),
            is_this: session.is_this,
        };
        Self {
            frame: Frame::new(site, viewer, times, Tab::Me),
            later_shifts: shifts.split_off(shifts.len().min(SHIFTS_SHOWN)),
            shifts,
            notice: own.notice,
            is_listed: !viewer.entries.is_empty(),
            is_by_emergency_code: own.is_by_emergency_code,
            contacts: own.reach.iter().map(|reach| ContactLine::new(reach, &own.reach, times)).collect(),
            may_test: own.may_test,
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

impl ContactLine {
    fn new(reach: &Reach, all: &[Reach], times: Times<'_>) -> Self {
        let Contact { channel, address, order } = &reach.contact;
        let mut reached = match reach.reached {
            Some(Some(at)) => format!("Last message sent {}", on_or_at(&times.logical(at))),
            Some(None) => "No message sent here yet".to_owned(),
            None => "We cannot show the last message right now".to_owned(),
        };
        let is_further = all.iter().any(|one| one.contact.channel == *channel && one.contact.order.is_some());
        match order {
            Some(_) => {}
            None if is_further => reached.push_str(". Pages come here if the number before refuses them"),
            None => reached.push_str(". No pages come here, only codes and tests"),
        }
        Self { channel: channel.in_words(), address: address.clone(), reached }
    }
}

/// `at 02:14 CST`, `on Tue, Jan 6, 08:00 CST`
fn on_or_at(time: &str) -> String {
    if time.starts_with(|first: char| first.is_ascii_digit()) { format!("at {time}") } else { format!("on {time}") }
}
