//! The occurrences of an event: its recurrences, without those that are excluded, and with those that are changed.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::config::import::calendar::event::Event;
use crate::config::import::calendar::moment::{Key, Moment, Named};
use crate::config::import::calendar::repeat::{Budget, Starts, starts};
use crate::config::import::clue::Clue;
use crate::config::import::fault::Fault;

/// A change of one occurrence of a series, or of it and all later ones.
pub struct Changed<'a> {
    pub line: u32,
    pub replaces: &'a Moment,
    pub is_future: bool,
    /// What takes its place; `None` if it is cancelled, or not a shift.
    pub event: Option<&'a Event>,
}

/// An occurrence.
#[derive(Debug)]
pub struct Occurrence<'a> {
    pub line: u32,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub clues: &'a [Vec<Clue>],
}

impl<'a> Occurrence<'a> {
    /// The only one of an event.
    pub fn once(event: &'a Event) -> Self {
        let (from, to) = event.span(event.start, event.length);
        Self { line: event.line, from, to, clues: &event.clues }
    }
}

/// The occurrences of an event and of its changes before `until`; what a person should know goes to `notes`.
///
/// # Errors
///
/// A rule is not valid, or there are too many occurrences.
pub fn occurrences<'a>(
    event: &'a Event,
    changes: &[Changed<'a>],
    until: DateTime<Utc>,
    budget: &mut Budget,
    notes: &mut Vec<(Fault, NaiveDateTime)>,
) -> Result<Vec<Occurrence<'a>>, Fault> {
    let (clock, is_day) = (&event.zone, event.is_day);
    let futures = futures(event, changes);
    let moved = |from: NaiveDateTime, changed: &Event| clock.to_local(changed.zone.to_instant(changed.start)) - from;
    // A change that moves occurrences back brings in some that are after the end.
    let back = futures.iter().filter_map(|(from, changed)| Some(-moved(*from, (*changed)?))).max();
    let until = clock.to_local(until) + back.unwrap_or_default().max(TimeDelta::zero());
    let Starts { starts, is_first_extra } = starts(event, until, budget)?;
    let excepted = Named::new(&event.except, clock, is_day);
    let single = || changes.iter().filter(|change| !change.is_future);
    let mut replaced = Named::new(single().map(|change| change.replaces), clock, is_day);
    if replaced.has_first() {
        for change in single().filter(|change| matches!(change.replaces, Moment::Epoch)) {
            let day = change.event.map(|one| clock.to_local(one.zone.to_instant(one.start)).date());
            let same_day = starts.iter().find(|(start, _)| Some(start.date()) == day);
            let Some((start, _)) = same_day.or(starts.first()) else { continue };
            replaced.insert_day(*start);
            let message = format!(
                "`RECURRENCE-ID` names no day of the series; this was read as the change of its shift of {}",
                start.format("%Y-%m-%d")
            );
            notes.push((Fault::line(change.line, message), *start));
        }
    }
    let mut found = Vec::new();
    for (start, length) in starts {
        if excepted.contains(start, clock) {
            continue;
        }
        if is_first_extra && start == event.start {
            notes.push((first_extra(event.line, start), start));
        }
        if replaced.contains(start, clock) {
            continue;
        }
        let last = futures[..futures.partition_point(|(from, _)| *from <= start)].last();
        let (by, start, length) = match last {
            None => (event, start, length),
            Some((_, None)) => continue,
            Some((from, Some(changed))) => (*changed, start + moved(*from, changed), changed.length),
        };
        let (from, to) = event.span(start, length);
        found.push(Occurrence { line: by.line, from, to, clues: &by.clues });
    }
    let in_series: BTreeSet<_> = found.iter().map(|one| (one.line, one.from)).collect();
    for change in changes {
        let Some(one) = change.event else { continue };
        let key = change.replaces.key(clock, is_day);
        if excepted.has(key) || matches!(key, Key::Start(at) if excepted.contains(clock.to_local(at), clock)) {
            let message = "the series excludes this shift with `EXDATE`, so its change was ignored";
            notes.push((Fault::line(change.line, message), clock.to_local(one.zone.to_instant(one.start))));
        } else {
            let once = Occurrence::once(one);
            // A change of later shifts is there already if the series has the shift that it begins with.
            if !change.is_future || !in_series.contains(&(once.line, once.from)) {
                found.push(once);
            }
        }
    }
    Ok(found)
}

fn first_extra(line: u32, start: NaiveDateTime) -> Fault {
    let day = start.format("%Y-%m-%d");
    Fault::line(line, format!("the series starts on {day}, which its rule does not include; it counts too"))
}

/// The changes of all later occurrences, by the start that they begin with.
fn futures<'a>(event: &Event, changes: &[Changed<'a>]) -> Vec<(NaiveDateTime, Option<&'a Event>)> {
    let start = |moment: &Moment| match moment.key(&event.zone, event.is_day) {
        Key::Day(day) => day.and_time(event.start.time()),
        Key::Start(at) => event.zone.to_local(at),
        Key::First => event.start,
    };
    let futures = changes.iter().filter(|change| change.is_future);
    let mut futures: Vec<_> = futures.map(|change| (start(change.replaces), change.event)).collect();
    futures.sort_by_key(|(from, _)| *from);
    futures
}
