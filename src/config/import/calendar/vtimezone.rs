//! `VTIMEZONE`s: time zone definitions inside a calendar (RFC 5545, 3.6.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Utc};

use crate::config::import::calendar::line::{Content, Line};
use crate::config::import::calendar::rule;
use crate::config::import::calendar::wall::{Own, Wall};
use crate::config::import::fault::Fault;

/// Limit on the parts of all time zones: two for each of fifty zones, or many single changes.
const PARTS_MAX: usize = 100;

/// Limit on the single dates of a part.
const DATES_MAX: usize = 500;

/// Outlook starts time zones in 1601. No shift is earlier than 1970, so yearly rules are followed from then on.
const FIRST_YEAR: i32 = 1968;

/// `STANDARD` or `DAYLIGHT`: when the clocks change, and to which offset.
struct Part {
    line: u32,
    properties: BTreeMap<String, Vec<Content>>,
}

/// A change from one offset to another at an instant.
type Change = (DateTime<Utc>, FixedOffset, FixedOffset);

/// The time zones that a calendar defines, by name, or why a definition is invalid.
pub fn read(lines: &[Line], is_needed: impl Fn(&str) -> bool) -> BTreeMap<String, Result<Wall, Fault>> {
    let mut clocks = BTreeMap::new();
    let (mut name, mut parts, mut part, mut is_zone) = (None, Vec::new(), None::<Part>, false);
    let mut count = 0;
    for line in lines {
        match (line.name().as_str(), line.rest().as_str()) {
            ("BEGIN", "VTIMEZONE") => (name, parts, part, is_zone) = (None, Vec::new(), None, true),
            ("BEGIN", "STANDARD" | "DAYLIGHT") if is_zone => {
                part = Some(Part { line: line.number, properties: BTreeMap::new() });
            }
            ("END", "STANDARD" | "DAYLIGHT") => {
                count += 1;
                parts.extend(part.take().filter(|_| count <= PARTS_MAX));
            }
            ("END", "VTIMEZONE") => {
                is_zone = false;
                let Some(name) = name.take().filter(|name: &String| is_needed(name)) else { continue };
                let clock = if count > PARTS_MAX {
                    Err(Fault::line(line.number, format!("the zones have more than {PARTS_MAX} parts")))
                } else {
                    clock(&parts, line.number)
                };
                clocks.entry(name).or_insert(clock);
            }
            ("TZID", _) if is_zone && part.is_none() => {
                name = line.content().map(|content| content.text().trim_matches('"').to_owned()).ok()
            }
            (property, _) => {
                if let (Some(part), Ok(content)) = (&mut part, line.content()) {
                    part.properties.entry(property.to_owned()).or_default().push(content);
                }
            }
        }
    }
    clocks
}

fn clock(parts: &[Part], line: u32) -> Result<Wall, Fault> {
    let mut changes: Vec<Change> = Vec::new();
    for part in parts {
        changes.extend(part.changes()?);
    }
    changes.sort_by_key(|(at, _, _)| *at);
    changes.dedup_by_key(|(at, _, _)| *at);
    let (_, first, _) =
        changes.first().ok_or_else(|| Fault::line(line, "the zone has neither `STANDARD` nor `DAYLIGHT`"))?;
    let own = Own::new(*first, changes.iter().map(|(at, _, to)| (*at, *to)).collect());
    Ok(Wall::Own(Arc::new(own)))
}

impl Part {
    fn changes(&self) -> Result<Vec<Change>, Fault> {
        let (from, to) = (self.offset("TZOFFSETFROM")?, self.offset("TZOFFSETTO")?);
        let start = self.one("DTSTART")?;
        let first =
            local(&start.value).ok_or_else(|| start.fault("this is not a local time such as `20071104T020000`"))?;
        let mut onsets = vec![first];
        for content in self.all("RDATE") {
            for date in content.value.split(',') {
                onsets.push(
                    local(date).ok_or_else(|| content.fault("this is not a local time such as `20071104T020000`"))?,
                );
            }
        }
        if onsets.len() > DATES_MAX {
            return Err(start.fault(format!("the part has more than {DATES_MAX} dates")));
        }
        if let Some(second) = self.all("RRULE").nth(1) {
            return Err(second.fault("a part of a time zone can have only one rule"));
        }
        for rule in self.all("RRULE") {
            let begin = if first.year() < FIRST_YEAR && !is_counted(&rule.value) { moved(first) } else { first };
            let found = rule::onsets(&rule.value, begin, from).map_err(|message| rule.fault(message))?;
            onsets.extend(found);
        }
        Ok(onsets.into_iter().map(|onset| ((onset - from).and_utc(), from, to)).collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Content> {
        self.properties.get(name).into_iter().flatten()
    }

    fn one(&self, name: &str) -> Result<&Content, Fault> {
        self.all(name).next().ok_or_else(|| Fault::line(self.line, format!("this part of the zone has no `{name}`")))
    }

    fn offset(&self, name: &str) -> Result<FixedOffset, Fault> {
        let content = self.one(name)?;
        offset(&content.value).ok_or_else(|| content.fault("this is not an offset such as `-0600`"))
    }
}

/// Reads `-0600` or `+053730`.
fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |at: usize| digits.get(at..at + 2).map_or(Some(0), |two| two.parse::<i32>().ok());
    let (hours, minutes, seconds) = (number(0)?, number(2)?, number(4)?);
    let is_written = minutes < 60 && seconds < 60;
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60 + seconds)).filter(|_| is_written)
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let is_plain = text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'T');
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok().filter(|_| is_plain)
}

/// A rule that counts from its first year cannot start later.
fn is_counted(rule: &str) -> bool {
    let rule = rule.to_ascii_uppercase();
    rule.split(';').any(|part| part.trim().starts_with("COUNT=") || part.trim().starts_with("INTERVAL="))
}

/// The same day and time in the latest year that matters.
fn moved(start: NaiveDateTime) -> NaiveDateTime {
    start.with_year(FIRST_YEAR).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read_strictly() {
        for (text, seconds) in [("-0600", -21_600), ("+0530", 19_800), ("+053730", 20_250), ("+0000", 0)] {
            assert_eq!(offset(text).map(|offset| offset.local_minus_utc()), Some(seconds), "{text}");
        }
        for text in ["", "+", "0600", "-06", "-0660", "+2500", "-06:00", "+€0", "-060"] {
            assert_eq!(offset(text), None, "{text}");
        }
    }
}
