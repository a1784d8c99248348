//! Which months an event concerns, as far as that can be told of one that is not valid.

use chrono::{Days, NaiveDate};

use crate::config::import::calendar::draft::Draft;
use crate::config::import::calendar::stamp::{Stamp, duration};
use crate::domain::month::Month;

/// The longest shift.
const LENGTH_MAX: u64 = 366;

/// Days by which time zones and the length of an occurrence may move an event.
const MARGIN: Days = Days::new(2);

/// Whether a shift of the event, or the occurrence that it replaces, may be in one of the months; so it may be if its times
/// cannot be read.
pub fn concerns(draft: &Draft<'_>, months: &[Month]) -> bool {
    let Some(spans) = spans(draft) else { return true };
    spans.into_iter().any(|(first, last)| {
        let first = first.checked_sub_days(MARGIN).unwrap_or(NaiveDate::MIN);
        let last = last.checked_add_days(MARGIN).unwrap_or(NaiveDate::MAX);
        months.iter().any(|month| {
            let (start, next) = month.bounds();
            first < next.date() && start.date() <= last
        })
    })
}

/// From the first to the last day of the event's occurrences, of its additional ones, and of the one that it replaces.
fn spans(draft: &Draft<'_>) -> Option<Vec<(NaiveDate, NaiveDate)>> {
    let day = |text: &str| Stamp::read_any(text.trim()).map(Stamp::day);
    let start = day(&draft.value("DTSTART")?)?;
    let length = Days::new(length(draft, start));
    let end = |day: NaiveDate| day.checked_add_days(length).unwrap_or(NaiveDate::MAX);
    let rules = draft.all("RRULE").ok()?;
    let last = rules.iter().map(|rule| last_day(&rule.value, start)).fold(start, NaiveDate::max);
    let mut spans = vec![(start, end(last))];
    for value in draft.values("RDATE") {
        let also = day(value.split('/').next().unwrap_or_default())?;
        spans.push((also, end(also)));
    }
    let replaced = draft.value("RECURRENCE-ID").and_then(|value| day(&value));
    spans.extend(replaced.map(|day| (day, day)));
    Some(spans)
}

fn length(draft: &Draft<'_>, start: NaiveDate) -> u64 {
    let end = draft.value("DTEND").map(|end| Stamp::read_any(end.trim()).map(|end| (end.day() - start).num_days()));
    let lasting =
        draft.value("DURATION").map(|text| duration(text.trim_start_matches('-')).map(|one| one.num_days() + 1));
    match end.or(lasting) {
        None => 1,
        Some(None) => LENGTH_MAX,
        Some(Some(days)) => u64::try_from(days).unwrap_or(0).min(LENGTH_MAX),
    }
}

/// A day after which a rule has no occurrence.
fn last_day(rule: &str, start: NaiveDate) -> NaiveDate {
    let rule = rule.to_ascii_uppercase();
    let part = |name: &str| rule.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    if let Some(until) = part("UNTIL").and_then(Stamp::read_any) {
        return until.day();
    }
    let number = |name: &str| part(name).map_or(Some(1), |text| text.parse::<u64>().ok());
    // Leap days come every eight years at most.
    let (days, has_weekdays) = match part("FREQ") {
        Some("DAILY") => (1, false),
        Some("WEEKLY") => (7, true),
        Some("MONTHLY") => (31 * 8, false),
        Some("YEARLY") => (366 * 8, false),
        _ => return NaiveDate::MAX,
    };
    // What else is in the rule makes occurrences rarer.
    let is_plain = rule.split(';').all(|part| {
        let name = part.trim().split('=').next().unwrap_or_default();
        matches!(name, "" | "FREQ" | "COUNT" | "INTERVAL" | "WKST") || (name == "BYDAY" && has_weekdays)
    });
    match (part("COUNT").and(number("COUNT")), number("INTERVAL")) {
        (Some(count), Some(interval)) if is_plain => {
            let days = count.saturating_mul(interval).saturating_mul(days).saturating_add(days);
            start.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX)
        }
        _ => NaiveDate::MAX,
    }
}
