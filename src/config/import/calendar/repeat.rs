//! Recurrence rules, expanded in local time: a daylight saving change neither moves nor drops a shift.

use chrono::NaiveDateTime;

use crate::config::import::calendar::event::Event;
use crate::config::import::calendar::rule::{follow, last_start, parse};
use crate::config::import::calendar::stamp::Stamp;
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

/// All starts of an event before `until`, in its time zone, in order.
pub fn starts(event: &Event, until: NaiveDateTime, budget: &mut Budget) -> Result<Vec<NaiveDateTime>, Fault> {
    let mut starts = event.also.clone();
    if event.rules.is_empty() {
        starts.push(event.start);
    }
    for (line, rule) in &event.rules {
        let over = || Fault::line(*line, "this recurs too often, or the calendar has too many rules");
        budget.rules = budget.rules.checked_sub(1).ok_or_else(over)?;
        let found = expand(event, rule, until).map_err(|message| Fault::line(*line, message))?;
        budget.occurrences = budget.occurrences.checked_sub(found.len()).ok_or_else(over)?;
        starts.extend(found);
    }
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|start| *start < until && !is_excepted(event, *start));
    Ok(starts)
}

fn is_excepted(event: &Event, start: NaiveDateTime) -> bool {
    event.except.iter().any(|except| match except {
        Stamp::Day(day) => start.date() == *day,
        Stamp::Local(local) => start == *local,
        Stamp::Instant(at) => event.span_from(start).0 == *at,
    })
}

fn expand(event: &Event, text: &str, until: NaiveDateTime) -> Result<Vec<NaiveDateTime>, String> {
    let (rule, end) = parse(text)?;
    follow(rule, event.start, end.map(|end| last_start(end, &event.zone)), until)
}
