//! Events with their times, in their own time zone.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::config::import::calendar::draft::{Draft, on_clock, stamp, stamp_of};
use crate::config::import::calendar::invited::clues;
use crate::config::import::calendar::line::Content;
use crate::config::import::calendar::moment::Moment;
use crate::config::import::calendar::rule::parse;
use crate::config::import::calendar::stamp::{Stamp, duration, within};
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::clue::Clue;
use crate::config::import::fault::Fault;

/// One event, with times in its own time zone.
#[derive(Debug)]
pub struct Event {
    /// The line of its `BEGIN:VEVENT`.
    pub line: u32,
    /// The clock of its recurrences.
    pub zone: Wall,
    /// Whether it takes whole days.
    pub is_day: bool,
    pub start: NaiveDateTime,
    /// The duration of each occurrence on that clock.
    pub length: TimeDelta,
    /// The recurrence rules, with their lines.
    pub rules: Vec<(u32, String)>,
    /// Additional starts, some with a duration of their own.
    pub also: Vec<(NaiveDateTime, Option<TimeDelta>)>,
    /// Excluded starts.
    pub except: Vec<Moment>,
    /// Who has the shift.
    pub clues: Vec<Vec<Clue>>,
}

/// Why an event is not read.
#[derive(Debug)]
pub enum Problem {
    Fault(Fault),
    /// It takes no time, like a reminder.
    NoLength,
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(draft: &Draft<'_>, zones: &Zones<'_>) -> Result<Self, Problem> {
        let content = draft.one("DTSTART")?.ok_or_else(|| Fault::line(draft.line, "the event has no `DTSTART`"))?;
        let (first, zone) = stamp(&content, zones)?;
        let is_day = matches!(first, Stamp::Day(_));
        let start = first.on_clock(&zone);
        let begin = Begin { start, zone: &zone, is_day, has_zone: content.parameter("TZID").is_some() };
        Ok(Self {
            line: draft.line,
            is_day,
            start,
            length: length(draft, &begin, zones)?
                .filter(|length| *length > TimeDelta::zero())
                .ok_or(Problem::NoLength)?,
            rules: rules(draft)?,
            also: also(draft, &zone, zones)?,
            except: except(draft, zones)?,
            clues: clues(draft)?,
            zone,
        })
    }

    /// An occurrence.
    pub fn span(&self, start: NaiveDateTime, length: TimeDelta) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = |local| self.zone.to_instant(local);
        (at(start), at(start + length))
    }
}

/// When an event begins.
struct Begin<'a> {
    start: NaiveDateTime,
    zone: &'a Wall,
    is_day: bool,
    has_zone: bool,
}

/// The duration; `None` if there is none.
fn length(draft: &Draft<'_>, begin: &Begin<'_>, zones: &Zones<'_>) -> Result<Option<TimeDelta>, Fault> {
    if let Some(end) = draft.one("DTEND")? {
        let (stamp, own) = stamp(&end, zones)?;
        // An end without a zone is in that of the start, and one in another zone is converted.
        let is_bare = matches!(stamp, Stamp::Local(_)) && begin.has_zone && end.parameter("TZID").is_none();
        let end_local = if is_bare { stamp.on_clock(begin.zone) } else { on_clock(stamp, &own, begin.zone) };
        let length = within(end_local - begin.start);
        let length = length.ok_or_else(|| end.fault("the event must end after it starts, within a year"))?;
        let is_one_day = begin.is_day && length == TimeDelta::zero();
        return Ok(Some(if is_one_day { TimeDelta::days(1) } else { length }));
    }
    match draft.one("DURATION")? {
        Some(content) => {
            let length = duration(&content.value);
            length.map(Some).ok_or_else(|| content.fault("this is not a duration of at most a year, such as `PT12H`"))
        }
        None => Ok(begin.is_day.then_some(TimeDelta::days(1))),
    }
}

/// The rules, each with its line.
fn rules(draft: &Draft<'_>) -> Result<Vec<(u32, String)>, Fault> {
    let rules = draft.all("RRULE")?.into_iter().map(|rule| match parse(&rule.value) {
        Ok(_) => Ok((rule.line, rule.value)),
        Err(message) => Err(rule.fault(message)),
    });
    rules.collect()
}

fn also(draft: &Draft<'_>, zone: &Wall, zones: &Zones<'_>) -> Result<Vec<(NaiveDateTime, Option<TimeDelta>)>, Fault> {
    let mut also = Vec::new();
    for content in draft.all("RDATE")? {
        for value in content.value.split(',') {
            let (start, end) = value.split_once('/').map_or((value, None), |(start, end)| (start, Some(end)));
            let (stamp, own) = stamp_of(start, &content, zones)?;
            let start = on_clock(stamp, &own, zone);
            let length = end.map(|end| period(end, start, zone, &content, zones)).transpose()?;
            also.push((start, length));
        }
    }
    Ok(also)
}

/// The length of a period, from its end or duration.
fn period(
    end: &str,
    start: NaiveDateTime,
    zone: &Wall,
    content: &Content,
    zones: &Zones<'_>,
) -> Result<TimeDelta, Fault> {
    let length = if end.trim_start().starts_with(['P', '+']) {
        duration(end.trim())
    } else {
        let (stamp, own) = stamp_of(end, content, zones)?;
        within(on_clock(stamp, &own, zone) - start)
    };
    let length = length.filter(|length| *length > TimeDelta::zero());
    length.ok_or_else(|| content.fault("a period in `RDATE` must end after it starts, within a year"))
}

fn except(draft: &Draft<'_>, zones: &Zones<'_>) -> Result<Vec<Moment>, Fault> {
    let mut except = Vec::new();
    for content in draft.all("EXDATE")? {
        for value in content.value.split(',').filter(|value| !value.trim().is_empty()) {
            except.push(Moment::read(value, &content, zones)?);
        }
    }
    Ok(except)
}
