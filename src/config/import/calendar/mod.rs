//! iCalendar (RFC 5545): events with recurrences, in any time zone, to shifts in the roster's time zone.

mod event;
mod explained;
mod line;
mod repeat;
mod rule;
mod stamp;
mod wall;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::config::import::calendar::event::{Event, Events};
use crate::config::import::calendar::repeat::Budget;
pub use crate::config::import::calendar::zone::of_windows;
use crate::config::import::fault::{Fault, first_of};
use crate::config::import::shift::Shift;
use crate::config::import::text::{decode, is_web_page};
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// Limit on the shifts of one import: more than a change every hour of a month.
const SHIFTS_MAX: usize = 2_000;

/// Reads a calendar: the parts of its events that are in the months, in `zone`, the roster's time zone.
///
/// All-day events and times without a zone are read in the roster's time zone, or in the one that the calendar sets for
/// itself. Months may have no shifts.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], zone: &Zone, rules: &Rules, months: &[Month]) -> Result<Vec<Shift>, Vec<Fault>> {
    let text = decode(bytes).map_err(|fault| vec![fault])?;
    if is_web_page(&text) {
        let message = "this is a web page, not a calendar; use the link that ends in `.ics`";
        return Err(vec![Fault::whole(message)]);
    }
    if !text.lines().any(|line| line.trim().eq_ignore_ascii_case("BEGIN:VCALENDAR")) {
        return Err(vec![Fault::whole("this is not a calendar: it has no line `BEGIN:VCALENDAR`")]);
    }
    let Events { events, mut faults } = event::read(&text, zone, rules);
    let (mut shifts, mut budget) = (Vec::new(), Budget::default());
    if faults.is_empty() {
        let series = Series::new(&events);
        for event in events.iter().filter(|event| event.replaces.is_none() && !event.is_cancelled) {
            match occurrences(event, &series, months, &mut budget, zone) {
                Ok(found) => shifts.extend(cut(event, &found, months, zone, &mut faults)),
                Err(fault) => faults.push(fault),
            }
        }
        for event in events.iter().filter(|event| event.replaces.is_some() && !event.is_cancelled) {
            shifts.extend(cut(event, &[event.once()], months, zone, &mut faults));
        }
    }
    if shifts.len() > SHIFTS_MAX {
        faults.push(Fault::whole(format!(
            "the calendar has more than {SHIFTS_MAX} shifts; import fewer months at a time"
        )));
    }
    if !faults.is_empty() {
        return Err(first_of(faults));
    }
    shifts.sort_by_key(|shift| (shift.from, shift.line));
    Ok(shifts)
}

/// An interval.
type Span = (DateTime<Utc>, DateTime<Utc>);

/// The occurrences of each series that are moved or canceled.
struct Series<'a>(BTreeMap<&'a str, BTreeSet<DateTime<Utc>>>);

impl<'a> Series<'a> {
    fn new(events: &'a [Event]) -> Self {
        let mut replaced: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for event in events {
            replaced.entry(event.uid.as_str()).or_default().extend(event.replaces);
        }
        Self(replaced)
    }

    fn replaces(&self, event: &Event, start: DateTime<Utc>) -> bool {
        self.0.get(event.uid.as_str()).is_some_and(|starts| starts.contains(&start))
    }
}

fn occurrences(
    event: &Event,
    series: &Series<'_>,
    months: &[Month],
    budget: &mut Budget,
    zone: &Zone,
) -> Result<Vec<Span>, Fault> {
    let ends = months.iter().map(|month| local_time::to_instant(zone, month.bounds().1));
    let Some(until) = ends.max() else { return Ok(Vec::new()) };
    let starts = repeat::starts(event, event.zone.to_local(until), budget)?;
    let span = |local: NaiveDateTime| event.span_from(local);
    Ok(starts.into_iter().map(span).filter(|(start, _)| !series.replaces(event, *start)).collect())
}

/// The parts of an event that are in the months; the rest belongs to other months.
fn cut(event: &Event, spans: &[Span], months: &[Month], zone: &Zone, faults: &mut Vec<Fault>) -> Vec<Shift> {
    let mut shifts = Vec::new();
    for month in months {
        let (first, next) = month.bounds();
        let bounds = (local_time::to_instant(zone, first), local_time::to_instant(zone, next));
        for (from, to) in spans {
            let (from, to) = ((*from).max(bounds.0), (*to).min(bounds.1));
            if from >= to {
                continue;
            }
            match (on_clock(zone, from), on_clock(zone, to)) {
                (Some(from), Some(to)) => {
                    shifts.push(Shift { line: event.line, from, to, month: *month, clues: event.clues.clone() });
                }
                _ => faults.push(Fault::line(
                    event.line,
                    format!("the event starts or ends in an hour that occurs twice in {zone}; change its time"),
                )),
            }
        }
    }
    shifts
}

/// The local time, if it stands for this instant only.
fn on_clock(zone: &Zone, at: DateTime<Utc>) -> Option<NaiveDateTime> {
    let local = local_time::to_local(zone, at);
    (local_time::to_instant(zone, local) == at).then_some(local)
}
