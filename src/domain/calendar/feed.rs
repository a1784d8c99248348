//! Shifts as iCalendar (RFC 5545), in the form that Outlook, Google and Apple accept.
//!
//! A feed carries who is on call when, and nothing of any incident, contact or reason. Each event is given its stamp and its
//! identity here: left out, the library would read a clock and draw a number.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use icalendar::{Component, Event, EventLike, Property};

use crate::domain::calendar::clock::{ClockWords, day_start};
use crate::domain::calendar::{is_named, name};
use crate::domain::card::escape;
use crate::domain::civil;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::page::HospitalName;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// How often a calendar should ask again: a swap of today's shift is seen within the hour.
const REFRESH: &str = "PT1H";

/// Shifts are looked for so far beyond both ends of a feed, so that one that reaches over an end keeps its own start and
/// end, and with them its identity, while the feed's window moves. Longer ones are cut.
const BEYOND: TimeDelta = TimeDelta::days(62);

/// The shifts of a department as a calendar.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    /// Its name starts every summary.
    pub hospital: &'a HospitalName,
    /// Whose shifts.
    pub roster: &'a Roster,
    /// Which of them.
    pub which: Which<'a>,
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Since when the roster has been known to say so.
    pub stamp: DateTime<Utc>,
}

/// Which shifts a calendar has.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// All of the department's, with the gaps; of one role alone, if one is named.
    Department(Option<&'a Role>),
    /// One liaison's, in whatever role.
    Liaison(&'a LiaisonId),
}

impl Feed<'_> {
    /// The calendar's text: lines end in CR LF and have at most 75 octets.
    pub fn to_ics(&self) -> String {
        let mut calendar = icalendar::Calendar::empty();
        calendar
            .append_property(Property::new("VERSION", "2.0"))
            .append_property(Property::new(
                "PRODID",
                concat!("-//wardbell//wardbell ", env!("CARGO_PKG_VERSION"), "//EN"),
            ))
            .append_property(Property::new("CALSCALE", "GREGORIAN"))
            // The library escapes the properties that it knows, and `NAME` is not one of them.
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
        // A month's start stays the same while the window moves day by day.
        let month = |at| {
            let day = civil::to_local(zone, at).date();
            day_start(zone, day.with_day(1).unwrap_or(day))
        };
        let shifts = self.roster.shifts(role, month(self.from - BEYOND), month(self.to + BEYOND));
        shifts.into_iter().filter(|shift| shift.from < self.to && shift.to > self.from).collect()
    }

    fn event(&self, role: &Role, shift: &Shift) -> Option<Event> {
        let holder = shift.holder.as_ref();
        let (hospital, department) = (self.hospital, &self.roster.name);
        let summary = match (self.which, holder) {
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
            // Being on call does not make anybody busy.
            .add_property("TRANSP", "TRANSPARENT");
        if holder.is_some() {
            event.description(&self.reasons(role, shift));
        }
        Some(event.done())
    }

    /// Why it is this person's, line by line with its start where that changes meanwhile: an event is one stretch of duty.
    fn reasons(&self, role: &Role, shift: &Shift) -> String {
        let parts = self.roster.shifts_by_why(role, shift.from, shift.to);
        let clock = ClockWords::new(&self.roster.timezone);
        let is_one = parts.len() == 1;
        let lines = parts.iter().filter_map(|part| {
            let (_, why) = part.holder.as_ref()?;
            let why = format!("{}:{} {}", why.place.file, why.place.line, why.rule);
            Some(if is_one { why } else { format!("from {}: {why}", clock.moment(part.from, shift.from)) })
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The same for a shift as long as its start stays, whoever holds it.
    fn uid(&self, role: &Role, start: DateTime<Utc>) -> String {
        let hospital = self.hospital.to_string().to_lowercase();
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let hospital: String = hospital.chars().map(plain).collect();
        let department = &self.roster.department;
        format!("{department}.{role}.{}@{hospital}.wardbell", start.format("%Y%m%dT%H%M%SZ"))
    }
}
