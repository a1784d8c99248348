//! Recurrence rules (RFC 5545, 3.3.10).

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use rrule::{Frequency, RRule, RRuleError, RRuleSet, Unvalidated};

use crate::config::import::calendar::stamp::{Stamp, day_meant};
use crate::config::import::calendar::wall::Wall;
use crate::domain::zone::Zone;

/// Limit on the occurrences of one series up to the end of the import: one a day for forty years.
const OCCURRENCES_MAX: u16 = 15_000;

/// Length limit of a rule: long enough for every list to be full.
const RULE_BYTES_MAX: usize = 2_000;

/// The last year for which clock changes are followed, after the last year of shifts.
const YEAR_AFTER: i32 = 2201;

/// Why a recurrence rule cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRule {
    #[error("this is not a recurrence rule")]
    NotARule,
    #[error("`UNTIL` is not a date or time")]
    Until,
    #[error("the rule is not supported: {0}")]
    Unsupported(RRuleError),
    #[error("shifts cannot recur every minute or second")]
    TooOften,
    #[error("`INTERVAL=0` never comes to the next shift; the interval must be at least 1")]
    NoInterval,
    #[error("this recurs more than {OCCURRENCES_MAX} times by then, or never; start the series later")]
    Endless,
    #[error("the rule of a time zone must be `FREQ=YEARLY`")]
    NotYearly,
}

/// When a rule changes the clocks, in local time before each change; an `UNTIL` in UTC is converted with `offset`.
pub fn onsets(text: &str, start: NaiveDateTime, offset: FixedOffset) -> Result<Vec<NaiveDateTime>, BadRule> {
    let (rule, end) = parse(text)?;
    if rule.get_freq() != Frequency::Yearly {
        return Err(BadRule::NotYearly);
    }
    let end = end.map(|end| match end {
        Stamp::Instant(at) => at.naive_utc() + offset,
        Stamp::Day(_) | Stamp::Local(_) => last_start(end, &Wall::Zone(Zone::utc()), false),
    });
    let until = NaiveDate::from_ymd_opt(YEAR_AFTER, 1, 1).unwrap_or(NaiveDate::MAX).and_time(NaiveTime::MIN);
    follow(rule, start, end, until)
}

/// The rule is evaluated as if its clock were UTC, which has no missing or repeated hours; `end` is included.
pub fn follow(
    rule: RRule<Unvalidated>,
    start: NaiveDateTime,
    end: Option<NaiveDateTime>,
    until: NaiveDateTime,
) -> Result<Vec<NaiveDateTime>, BadRule> {
    let as_utc = |local: NaiveDateTime| rrule::Tz::UTC.from_utc_datetime(&local);
    if end.is_some_and(|end| end < start) || start >= until {
        return Ok(Vec::new());
    }
    let rule = match end {
        Some(end) => rule.until(as_utc(end)),
        None => rule,
    };
    let rule = rule.validate(as_utc(start)).map_err(BadRule::Unsupported)?;
    let set = RRuleSet::new(as_utc(start)).rrule(rule).before(as_utc(until));
    let found = set.all(OCCURRENCES_MAX);
    if found.limited {
        return Err(BadRule::Endless);
    }
    Ok(found.dates.iter().map(chrono::DateTime::naive_utc).collect())
}

/// A rule and its `UNTIL`, which may be in another time zone.
pub fn parse(text: &str) -> Result<(RRule<Unvalidated>, Option<Stamp>), BadRule> {
    if text.len() > RULE_BYTES_MAX || !text.is_ascii() {
        return Err(BadRule::NotARule);
    }
    let upper = text.to_ascii_uppercase();
    let (mut kept, mut end) = (Vec::new(), None);
    for part in upper.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match part.strip_prefix("UNTIL=") {
            Some(until) => end = Some(Stamp::read_any(until).ok_or(BadRule::Until)?.clamped()),
            // Some programs write a negative number for no limit.
            None if part.starts_with("COUNT=-") => {}
            None => kept.push(part),
        }
    }
    let rule: RRule<Unvalidated> = kept.join(";").parse().map_err(BadRule::Unsupported)?;
    if matches!(rule.get_freq(), Frequency::Minutely | Frequency::Secondly) {
        return Err(BadRule::TooOften);
    }
    if kept.contains(&"INTERVAL=0") {
        return Err(BadRule::NoInterval);
    }
    Ok((rule, end))
}

/// `UNTIL` includes the start that it names; a day includes all starts on it, and for whole days only the day counts.
pub fn last_start(end: Stamp, clock: &Wall, is_day: bool) -> NaiveDateTime {
    match end {
        Stamp::Local(_) | Stamp::Instant(_) if is_day => {
            last_start(Stamp::Day(day_meant(end.on_clock(clock))), clock, is_day)
        }
        Stamp::Day(day) => day.and_hms_opt(23, 59, 59).unwrap_or_else(|| day.and_time(NaiveTime::MIN)),
        Stamp::Local(local) => local,
        Stamp::Instant(at) => clock.to_local(at),
    }
}
