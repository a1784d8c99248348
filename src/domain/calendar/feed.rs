//! Shifts as iCalendar (RFC 5545), in a form that Outlook, Google and Apple accept.
//!
//! A feed shows who is on call when, and nothing about incidents, contacts or reasons for absences. Timestamps and ids
//! of events are set here; otherwise the library would read a clock and generate random ids.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use icalendar::{Component, Event, EventLike, Property};

use crate::domain::calendar::clock::{ClockWords, day_start};
use crate::domain::calendar::{is_named, name};
use crate::domain::card::escape;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::page::HospitalName;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// How often a calendar should refresh: a swap of today's shift is visible within an hour.
const REFRESH: &str = "PT1H";

/// How far beyond both ends of a feed to look for shifts, so that a shift that crosses an end keeps its real start and
/// end, and therefore its id, while the feed's window moves. Longer shifts are cut.
const BEYOND: TimeDelta = TimeDelta::days(62);

/// A department's shifts as a calendar.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// Its name starts every summary.
    pub hospital: &'a HospitalName,
    pub roster: &'a Roster,
    pub which: Which<'a>,
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
    /// Since when this version of the roster has been known.
    pub stamp: DateTime<Utc>,
}

/// Which shifts a calendar contains.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All shifts and gaps of the department, or only those of one role.
    Department(Option<&'a Role>),
    /// One liaison's shifts in any role.
    Liaison(&'a LiaisonId),
}

impl Feed<'_> {
    /// The calendar file: lines end in CR LF and have at most 75 octets.
    pub fn to_ics(&self) -> String {
        let mut calendar = icalendar::Calendar::empty();
        calendar
            .append_property(Property::new("VERSION", "2.0"))
            .append_property(Property::new(
                "PRODID",
                concat!("-//wardbell//wardbell ", env!("CARGO_PKG_VERSION"), "//EN"),
            ))
            .append_property(Property::new("CALSCALE", "GREGORIAN"))
            // The library escapes only properties it knows, and `NAME` is not one of them.
            .append_property(Property::new("NAME", escape(&self.title())))
            .append_property(Property::new("X-WR-CALNAME", self.title()))
            .append_property(Property::new("REFRESH-INTERVAL", REFRESH).add_parameter("VALUE", "DURATION").done())
            .append_property(Property::new("X-PUBLISHED-TTL", REFRESH));
        for role in self.roster.roles() {
            if !self.has_role(&role) {
                continue;
            }
            for shift in self.shifts(&role) {
                if let Some(event) = self.event(&role, &shift) {
                    calendar.push(event);
                }
            }
        }
        calendar.to_string()
    }

    fn title(&self) -> String {
        match self.which {
            Which::Department(_) => format!("{} {} on call", self.hospital, self.roster.name),
            Which::Liaison(id) => {
                format!("{} {}: {} on call", self.hospital, self.roster.name, name(self.roster, id))
            }
        }
    }

    fn has_role(&self, role: &Role) -> bool {
        let asked = match self.which {
            Which::Department(only) => only.is_none_or(|only| only == role),
            Which::Liaison(_) => true,
        };
        asked && is_named(self.roster, role)
    }

    fn shifts(&self, role: &Role) -> Vec<Shift> {
        let zone = &self.roster.timezone;
        // The start of the month stays the same while the window moves day by day.
        let month = |at| {
            let day = local_time::to_local(zone, at).date();
            day_start(zone, day.with_day(1).unwrap_or(day))
        };
        let shifts = self.roster.shifts(role, month(self.from - BEYOND), month(self.to + BEYOND));
        shifts.into_iter().filter(|shift| shift.from < self.to && shift.to > self.from).collect()
    }

    fn event(&self, role: &Role, shift: &Shift) -> Option<Event> {
        let on_call = shift.on_call.as_ref();
        let (hospital, department) = (self.hospital, &self.roster.name);
        let summary = match (self.which, on_call) {
            (Which::Liaison(id), Some((held_by, _))) if held_by == id => format!("{hospital} {department}: {role}"),
            (Which::Liaison(_), _) => return None,
            (Which::Department(_), Some((id, _))) => {
                format!("{hospital} {department}, {role}: {}", name(self.roster, id))
            }
            (Which::Department(_), None) => format!("{hospital} {department}, {role}: nobody"),
        };
        let mut event = Event::new();
        event
            .uid(&self.uid(role, shift.from))
            .timestamp(self.stamp)
            .starts(shift.from)
            .ends(shift.to)
            .summary(&summary)
            // Being on call does not make a person busy.
            .add_property("TRANSP", "TRANSPARENT");
        if on_call.is_some() {
            event.description(&self.reasons(role, shift));
        }
        Some(event.done())
    }

    /// Why this person is on call, with one line for each change during the shift: an event is one continuous shift.
    fn reasons(&self, role: &Role, shift: &Shift) -> String {
        let parts = self.roster.shifts_by_why(role, shift.from, shift.to);
        let clock = ClockWords::new(&self.roster.timezone);
        let is_one = parts.len() == 1;
        let lines = parts.iter().filter_map(|part| {
            let (_, why) = part.on_call.as_ref()?;
            Some(if is_one { why.to_string() } else { format!("from {}: {why}", clock.moment(part.from, shift.from)) })
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The id of a shift, which stays the same as long as its start does, whoever is on call.
    fn uid(&self, role: &Role, start: DateTime<Utc>) -> String {
        let hospital = self.hospital.to_string().to_lowercase();
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let hospital: String = hospital.chars().map(plain).collect();
        let department = &self.roster.department;
        format!("{department}.{role}.{}@{hospital}.wardbell", start.format("%Y%m%dT%H%M%SZ"))
    }
}
