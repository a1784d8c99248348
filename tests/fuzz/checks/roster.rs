//! A roster's file: its mistakes have places; one without has an answer at every instant, and the next one after it.

use chrono::{DateTime, TimeDelta, Utc};
use wardbell::config::coverage;
use wardbell::domain::calendar::feed::{Feed, Which};
use wardbell::domain::id::Role;
use wardbell::domain::page::HospitalName;
use wardbell::domain::roster::Roster;

use super::hospital::{ROSTER, judge, load, with};

/// Before an ordinary week, around both changes of the clocks, at the year's end, and far ahead.
const STARTS: [&str; 5] = [
    "2026-01-05T13:59:30Z",
    "2026-03-08T00:00:00Z",
    "2026-10-31T20:00:00Z",
    "2026-12-24T22:59:59Z",
    "2043-07-01T00:00:00Z",
];

/// So many roles, and changes of a role, are looked at: the rest is more of the same.
const ROLES_MAX: usize = 4;
const CHANGES_MAX: usize = 40;

pub fn check(bytes: &[u8]) {
    let files = with(ROSTER, bytes);
    let loaded = load(&files);
    let Some(plan) = loaded.plan() else { return };
    let department = "privacy".parse().expect("a department");
    let Some(roster) = plan.rosters.get(&department) else { return };
    for start in STARTS {
        let from = start.parse().expect("an instant");
        let to = from + TimeDelta::days(9);
        for role in roster.roles().iter().take(ROLES_MAX) {
            duty(roster, role, from, to);
        }
        staffing(roster, from, to);
    }
    let from = "2026-10-18T12:00:00Z".parse().expect("an instant");
    let to = from + TimeDelta::days(15);
    judge(&files, &coverage::prove(&loaded, from, to).findings);
    feed(&plan.hospital, roster, from, to);
}

/// The shifts leave no hole, and the rule and its changes say the same as they do.
fn duty(roster: &Roster, role: &Role, from: DateTime<Utc>, to: DateTime<Utc>) {
    let shifts = roster.shifts(role, from, to);
    let holder = |at| roster.on_call(role, at, &|_| false).map(|holder| holder.liaison.id.clone());
    let mut at = from;
    for (index, shift) in shifts.iter().enumerate() {
        assert!(shift.from == at && shift.from < shift.to, "shifts follow upon each other");
        at = shift.to;
        if index >= CHANGES_MAX {
            continue;
        }
        let liaison = shift.on_call.as_ref().map(|(liaison, _)| liaison);
        assert_eq!(holder(shift.from).as_ref(), liaison, "who has a shift holds the role at its start");
        let last = shift.from.max(shift.to - TimeDelta::seconds(1));
        assert_eq!(holder(last).as_ref(), liaison, "and at its end");
        let next = roster.next_change(role, shift.from, to);
        assert_eq!(next.unwrap_or(to), shift.to, "the next change ends it");
        let before = index.checked_sub(1).and_then(|before| shifts[before].on_call.as_ref());
        assert!(index == 0 || before.map(|(liaison, _)| liaison) != liaison, "neighbours are two people");
    }
    assert_eq!(at, to, "somebody or nobody holds the role up to the end");
}

/// From one opening or closing to the next.
fn staffing(roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) {
    let mut at = from;
    for _ in 0..CHANGES_MAX {
        let Some(next) = roster.next_turn(at, to) else { break };
        assert!(at < next && next < to, "time goes on");
        assert_ne!(roster.is_staffed(at), roster.is_staffed(next), "a turn turns");
        at = next;
    }
    if let Some(open) = roster.next_staffed(from) {
        assert!(open >= from && roster.is_staffed(open), "what opens is open");
    }
}

/// The roster's calendar has the form that calendars accept.
fn feed(hospital: &HospitalName, roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) {
    let feed = Feed { hospital, roster, which: Which::Department(None), from, to, stamp: from };
    let text = feed.to_ics();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.last(), Some(&""), "the last line ends too");
    for line in &lines {
        assert!(line.len() <= 75, "a line of {} octets", line.len());
        assert!(!line.contains(char::is_control), "a control character in {line:?}");
    }
    assert_eq!(lines.first(), Some(&"BEGIN:VCALENDAR"));
    let events = lines.iter().filter(|line| **line == "BEGIN:VEVENT").count();
    assert_eq!(events, lines.iter().filter(|line| **line == "END:VEVENT").count(), "every event ends");
}
