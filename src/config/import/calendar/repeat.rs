//! Recurrence rules, expanded in local time: a daylight saving change neither moves nor drops a shift.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};

use crate::config::import::calendar::event::Event;
use crate::config::import::calendar::rule::{follow, last_start, parse};
use crate::config::import::fault::Fault;

/// Limit on the occurrences of all series together.
const ALL_MAX: usize = 200_000;

/// Limit on the rules of a calendar: a few for each of a hundred people.
const RULES_MAX: usize = 500;

/// What remains of the limits of a calendar.
pub struct Budget {
    occurrences: usize,
    rules: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { occurrences: ALL_MAX, rules: RULES_MAX }
    }
}

/// The starts of an event, each with its length.
pub struct Starts {
    pub starts: Vec<(NaiveDateTime, TimeDelta)>,
    /// Whether the event's own start is not one that its rules give.
    pub is_first_extra: bool,
}

/// All starts of an event before `until`, in its time zone, in order.
///
/// The first start counts even if its rule does not include it, as in RFC 5545, unless the rule ends before it.
///
/// # Errors
///
/// A rule is not valid, or there are too many occurrences.
pub fn starts(event: &Event, until: NaiveDateTime, budget: &mut Budget) -> Result<Starts, Fault> {
    let mut starts: Vec<NaiveDateTime> = Vec::new();
    let mut has_ended = !event.rules.is_empty();
    for (line, rule) in &event.rules {
        let over = || Fault::line(*line, "this recurs too often, or the calendar has too many rules");
        budget.rules = budget.rules.checked_sub(1).ok_or_else(over)?;
        let invalid = |message| Fault::line(*line, message);
        let (rule, end) = parse(rule).map_err(invalid)?;
        let end = end.map(|end| last_start(end, &event.zone, event.is_day));
        has_ended &= end.is_some_and(|end| end < event.start);
        let found = follow(rule, event.start, end, until).map_err(invalid)?;
        budget.occurrences = budget.occurrences.checked_sub(found.len()).ok_or_else(over)?;
        starts.extend(found);
    }
    let is_first_extra = !event.rules.is_empty() && !has_ended && !starts.contains(&event.start);
    if event.rules.is_empty() || is_first_extra {
        starts.push(event.start);
    }
    let mut starts: Vec<_> = starts.into_iter().map(|start| (start, event.length)).collect();
    let periods: BTreeSet<NaiveDateTime> =
        event.also.iter().filter(|(_, length)| length.is_some()).map(|(start, _)| *start).collect();
    starts.retain(|(start, _)| !periods.contains(start));
    starts.extend(event.also.iter().map(|(start, length)| (*start, length.unwrap_or(event.length))));
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|(start, _)| *start < until);
    Ok(Starts { starts, is_first_extra })
}
