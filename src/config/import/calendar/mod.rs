//! iCalendar (RFC 5545): events with recurrences, in any time zone, to shifts in the roster's time zone.

mod concern;
mod draft;
mod event;
mod invited;
mod line;
mod moment;
mod repeat;
mod rule;
mod series;
mod stamp;
mod version;
mod vtimezone;
mod wall;
mod windows;
mod zone;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::config::import::calendar::concern::concerns;
use crate::config::import::calendar::draft::{Draft, Drafts};
use crate::config::import::calendar::event::{Event, Problem};
use crate::config::import::calendar::line::{Line, unfold};
use crate::config::import::calendar::repeat::Budget;
use crate::config::import::calendar::series::{Changed, Occurrence, occurrences};
use crate::config::import::calendar::version::{Chosen, Version, choose};
pub use crate::config::import::calendar::windows::of_windows;
pub use crate::config::import::calendar::zone::NamedZone;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::fault::{Fault, first_of, grouped};
use crate::config::import::shift::{Shift, Shifts};
use crate::config::import::text::{bytes_of, is_web_page};
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// Limit on the shifts of one import: more than a change every hour of a month.
const SHIFTS_MAX: usize = 2_000;

/// Methods of calendars that are answers or proposals, and make no shift (RFC 5546).
const ANSWERS: &[&str] = &["COUNTER", "DECLINECOUNTER", "REFRESH", "REPLY"];

/// The part of a calendar to import.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The roster's time zone.
    pub zone: &'a Zone,
    /// The known time zones.
    pub rules: &'a Rules,
    pub months: &'a [Month],
    /// The zones that the user has given names to.
    pub given: &'a [NamedZone],
}

/// Reads a calendar: the parts of its events that are in the months, in the roster's time zone.
///
/// All-day events and times without a zone are read in the roster's time zone, or in the one that the calendar sets for
/// itself. Months may have no shifts. A fault in an event that concerns none of the months is a note.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(file: &[u8], wanted: Wanted<'_>) -> Result<Shifts, Vec<Fault>> {
    let bytes = bytes_of(file).map_err(|fault| vec![fault])?;
    if is_web_page(&bytes) {
        let message = "this is a web page, not a calendar; use the link that ends in `.ics`";
        return Err(vec![Fault::whole(message)]);
    }
    let lines = unfold(&bytes);
    if !lines.iter().any(|line| line.name() == "BEGIN" && line.rest() == "VCALENDAR") {
        return Err(vec![Fault::whole("this is not a calendar: it has no line `BEGIN:VCALENDAR`")]);
    }
    let drafts = draft::read(&lines);
    if !drafts.faults.is_empty() {
        return Err(first_of(drafts.faults));
    }
    let mut import = Import { wanted, faults: Vec::new(), notes: Vec::new() };
    let mut shifts = import.shifts(&drafts, &zones(&lines, wanted));
    if shifts.len() > SHIFTS_MAX {
        let message = format!("the calendar has more than {SHIFTS_MAX} shifts; import fewer months at a time");
        import.faults.push(Fault::whole(message));
    }
    if !import.faults.is_empty() {
        import.faults.sort_by(|one, other| one.lines.cmp(&other.lines));
        return Err(first_of(import.faults));
    }
    shifts.sort_by_key(|shift| (shift.from, shift.line));
    Ok(Shifts { shifts, notes: first_of(grouped(import.notes)) })
}

fn zones<'a>(lines: &[Line], wanted: Wanted<'a>) -> Zones<'a> {
    let ends = |month: &Month| {
        let (first, next) = month.bounds();
        (local_time::to_instant(wanted.zone, first), local_time::to_instant(wanted.zone, next))
    };
    let mut zones = Zones {
        rules: wanted.rules,
        days: wanted.zone.clone(),
        span: wanted.months.iter().map(ends).reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))),
        given: wanted.given,
        floating: None,
        places: BTreeMap::new(),
        own: BTreeMap::new(),
    };
    let mut name = None;
    for line in lines {
        let value = || line.content().map(|content| content.text().trim_matches('"').to_owned()).ok();
        match line.name().as_str() {
            "X-WR-TIMEZONE" => zones.floating = value(),
            "TZID" => name = value(),
            "X-LIC-LOCATION" => {
                if let (Some(name), Some(place)) = (name.take(), value()) {
                    zones.places.insert(name, place);
                }
            }
            _ => {}
        }
    }
    zones.own = vtimezone::read(lines, |name| zones.named(name).is_none());
    zones
}

/// An import, with what was found so far.
struct Import<'a> {
    wanted: Wanted<'a>,
    faults: Vec<Fault>,
    notes: Vec<Fault>,
}

impl Import<'_> {
    fn shifts(&mut self, drafts: &Drafts<'_>, zones: &Zones<'_>) -> Vec<Shift> {
        let versions = self.versions(drafts, zones);
        let Chosen { chosen, older } = choose(versions, zones);
        for version in older {
            if self.concerns(version.draft) {
                self.note(version.draft.line, "ignored, because the file has a newer version of the same event");
            }
        }
        let mut series: BTreeMap<&str, Vec<(&Version<'_>, Option<Event>)>> = BTreeMap::new();
        for version in &chosen {
            let event = if version.is_cancelled { None } else { self.event(version.draft, zones) };
            series.entry(&version.uid).or_default().push((version, event));
        }
        let (mut shifts, mut budget) = (Vec::new(), Budget::default());
        for parts in series.values() {
            for occurrence in self.of_series(parts, &mut budget) {
                self.cut(&occurrence, &mut shifts);
            }
        }
        shifts
    }

    /// The versions of all events, without those of answers.
    fn versions<'d>(&mut self, drafts: &'d Drafts<'d>, zones: &Zones<'_>) -> Vec<Version<'d>> {
        for (line, method) in drafts.methods.values() {
            if ANSWERS.contains(&method.as_str()) {
                self.note(
                    *line,
                    format!("`METHOD:{method}` is an answer to an invitation, so its events are not shifts"),
                );
            } else if method == "CANCEL" {
                self.note(*line, "`METHOD:CANCEL` cancels the events of this calendar, so they are not shifts");
            }
        }
        let method = |draft: &Draft<'_>| drafts.methods.get(&draft.calendar).map_or("", |(_, method)| method);
        let mut versions = Vec::new();
        for draft in drafts.drafts.iter().filter(|draft| !ANSWERS.contains(&method(draft))) {
            match Version::read(draft, method(draft) == "CANCEL", zones) {
                Ok(version) => versions.push(version),
                Err(fault) => self.fault(draft, fault),
            }
        }
        versions
    }

    /// The event, or a fault or note about it.
    fn event(&mut self, draft: &Draft<'_>, zones: &Zones<'_>) -> Option<Event> {
        match Event::read(draft, zones) {
            Ok(event) => return Some(event),
            Err(Problem::Fault(fault)) => self.fault(draft, fault),
            Err(Problem::NoLength) => {
                self.note(
                    draft.line,
                    "the event has no length: its end is missing or the same as its start. It is not a shift",
                );
            }
        }
        None
    }

    /// The occurrences of all events with the same UID.
    fn of_series<'e>(
        &mut self,
        parts: &'e [(&Version<'_>, Option<Event>)],
        budget: &mut Budget,
    ) -> Vec<Occurrence<'e>> {
        let months = self.wanted.months.iter();
        let ends = months.map(|month| local_time::to_instant(self.wanted.zone, month.bounds().1));
        let Some(until) = ends.max() else { return Vec::new() };
        let (whole, changed): (Vec<_>, Vec<_>) = parts.iter().partition(|(version, _)| version.replaces.is_none());
        if !whole.is_empty() && whole.iter().all(|(version, _)| version.is_cancelled) {
            for (version, event) in changed {
                if event.is_some() && self.concerns(version.draft) {
                    self.note(version.draft.line, "the series of this event is cancelled, so it is not a shift");
                }
            }
            return Vec::new();
        }
        let changes: Vec<Changed<'_>> = changed
            .iter()
            .filter_map(|(version, event)| {
                let (line, is_future) = (version.draft.line, version.is_future);
                Some(Changed { line, replaces: version.replaces.as_ref()?, is_future, event: event.as_ref() })
            })
            .collect();
        let mut all = Vec::new();
        // The series may be over, but what it excludes counts for its changes too.
        let is_change_near = changed.iter().any(|(version, _)| self.concerns(version.draft));
        let mut is_changed = false;
        for (version, event) in &whole {
            let is_near = self.concerns(version.draft) || (is_change_near && !is_changed);
            let Some(event) = event.as_ref().filter(|_| is_near) else { continue };
            let changes = if is_changed { &[] } else { changes.as_slice() };
            is_changed = true;
            let mut notes = Vec::new();
            match occurrences(event, changes, until, budget, &mut notes) {
                Ok(found) => all.extend(found),
                Err(fault) => self.faults.push(fault),
            }
            notes.retain(|(_, at)| self.wanted.months.contains(&Month::of(at.date())));
            self.notes.extend(notes.into_iter().map(|(note, _)| note));
        }
        if !is_changed {
            all.extend(changes.iter().filter_map(|change| change.event).map(Occurrence::once));
        }
        all
    }

    /// The parts of an occurrence that are in the months; the rest belongs to other months.
    fn cut(&mut self, occurrence: &Occurrence<'_>, shifts: &mut Vec<Shift>) {
        let (line, zone) = (occurrence.line, self.wanted.zone);
        for month in self.wanted.months {
            let (first, next) = month.bounds();
            let bounds = (local_time::to_instant(zone, first), local_time::to_instant(zone, next));
            let (from, to) = (occurrence.from.max(bounds.0), occurrence.to.min(bounds.1));
            if from >= to {
                continue;
            }
            match (on_clock(zone, from), on_clock(zone, to)) {
                (Some(from), Some(to)) => {
                    shifts.push(Shift { line, from, to, month: *month, clues: occurrence.clues.to_vec() });
                }
                _ => self.faults.push(Fault::line(
                    line,
                    format!("the event starts or ends in an hour that occurs twice in {zone}; change its time"),
                )),
            }
        }
    }

    fn concerns(&self, draft: &Draft<'_>) -> bool {
        concerns(draft, self.wanted.months)
    }

    fn note(&mut self, line: u32, message: impl std::fmt::Display) {
        self.notes.push(Fault::line(line, message));
    }

    /// A fault in an event of the months, or else a note.
    fn fault(&mut self, draft: &Draft<'_>, fault: Fault) {
        if self.concerns(draft) {
            self.faults.push(fault);
        } else {
            let message = format!("{}; ignored, as the event is not in the imported months", fault.message);
            self.notes.push(Fault { message, ..fault });
        }
    }
}

/// The local time, if it stands for this instant only.
fn on_clock(zone: &Zone, at: DateTime<Utc>) -> Option<NaiveDateTime> {
    let local = local_time::to_local(zone, at);
    (local_time::to_instant(zone, local) == at).then_some(local)
}
