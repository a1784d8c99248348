//! `VEVENT`s, with the lines where they start.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::config::import::calendar::explained;
use crate::config::import::calendar::line::{Content, Line, unfold};
use crate::config::import::calendar::stamp::{Stamp, duration, within};
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::clue::Clue;
use crate::config::import::fault::Fault;
use crate::domain::zone::Zone;
use crate::domain::zone::rules::Rules;

/// Limit on events: ten shifts a day for some years.
const EVENTS_MAX: usize = 20_000;

/// Limit on nesting: alarms inside events are three levels deep.
const DEPTH_MAX: usize = 8;

/// One event, with times in its own time zone.
#[derive(Debug)]
pub struct Event {
    /// The line of its `BEGIN:VEVENT`.
    pub line: u32,
    /// The same for all parts of a series.
    pub uid: String,
    /// The clock of its recurrences.
    pub zone: Wall,
    pub start: NaiveDateTime,
    /// The duration of each occurrence on that clock.
    pub length: TimeDelta,
    /// The recurrence rules, with their lines.
    pub rules: Vec<(u32, String)>,
    /// Additional starts.
    pub also: Vec<NaiveDateTime>,
    /// Excluded starts; a day excludes all starts on it.
    pub except: Vec<Stamp>,
    /// The occurrence of its series that it replaces.
    pub replaces: Option<DateTime<Utc>>,
    /// Whether it is canceled.
    pub is_cancelled: bool,
    /// Who has the shift.
    pub clues: Vec<Vec<Clue>>,
}

impl Event {
    /// The occurrence that starts at that time.
    pub fn span_from(&self, start: NaiveDateTime) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = |local| self.zone.to_instant(local);
        (at(start), at(start + self.length))
    }

    pub fn once(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        self.span_from(self.start)
    }
}

/// All events of a calendar, and the faults.
#[derive(Default)]
pub struct Events {
    pub events: Vec<Event>,
    pub faults: Vec<Fault>,
}

/// The properties that are used; lines of others are not parsed.
const KNOWN: &[&str] = &[
    "ATTENDEE",
    "DTEND",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "ORGANIZER",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "STATUS",
    "SUMMARY",
    "UID",
];

/// Reads the events; `zone` is the roster's time zone.
pub fn read(text: &str, zone: &Zone, rules: &Rules) -> Events {
    let lines = unfold(text);
    let mut read = Events::default();
    let zones = zones(&lines, zone, rules);
    let (mut inside, mut draft): (Vec<String>, Option<Draft>) = (Vec::new(), None);
    for line in &lines {
        let name = line.name();
        match name.as_str() {
            "BEGIN" => {
                inside.push(line.rest());
                if inside.len() > DEPTH_MAX {
                    read.faults.push(Fault::line(line.number, format!("parts are nested more than {DEPTH_MAX} deep")));
                    break;
                }
                if line.rest() == "VEVENT" && draft.is_none() {
                    draft = Some(Draft { line: line.number, depth: inside.len(), ..Draft::default() });
                }
            }
            "END" => {
                if inside.pop().is_none_or(|opened| opened != line.rest()) {
                    read.faults.push(Fault::line(line.number, "this `END` has no matching `BEGIN`"));
                    break;
                }
                if let Some(done) = draft.take_if(|draft| draft.depth > inside.len()) {
                    match done.finish(&zones) {
                        Ok(event) => read.events.push(event),
                        Err(faults) => read.faults.extend(faults),
                    }
                }
            }
            name => {
                let Some(draft) = draft.as_mut().filter(|draft| draft.depth == inside.len()) else { continue };
                if let Some(known) = KNOWN.iter().find(|known| **known == name) {
                    match line.content() {
                        Ok(content) => draft.properties.entry(known).or_default().push(content),
                        Err(fault) => read.faults.push(fault),
                    }
                }
            }
        }
        if read.events.len() + read.faults.len() > EVENTS_MAX {
            read.faults.push(Fault::whole(format!("the calendar has more than {EVENTS_MAX} events")));
            break;
        }
    }
    if let Some(open) = draft.filter(|_| read.faults.is_empty()) {
        read.faults.push(Fault::line(open.line, "the event has no `END`. Is the file incomplete?"));
    }
    read
}

fn zones<'a>(lines: &[Line], zone: &Zone, rules: &'a Rules) -> Zones<'a> {
    let mut zones =
        Zones { rules, days: zone.clone(), floating: None, explained: BTreeMap::new(), own: BTreeMap::new() };
    let mut name = None;
    for line in lines {
        let value = || line.content().map(|content| content.value).ok();
        match line.name().as_str() {
            "X-WR-TIMEZONE" => zones.floating = value(),
            "TZID" => name = value(),
            "X-LIC-LOCATION" => {
                if let (Some(name), Some(place)) = (name.take(), value()) {
                    zones.explained.insert(name, place);
                }
            }
            _ => {}
        }
    }
    zones.own = explained::read(lines, |name| zones.named(name).is_none());
    zones
}

/// An event that is being read.
#[derive(Default)]
struct Draft {
    line: u32,
    depth: usize,
    properties: BTreeMap<&'static str, Vec<Content>>,
}

impl Draft {
    fn finish(self, zones: &Zones<'_>) -> Result<Event, Vec<Fault>> {
        self.read(zones).map_err(|fault| vec![fault])
    }

    fn read(&self, zones: &Zones<'_>) -> Result<Event, Fault> {
        let start = self.one("DTSTART").ok_or_else(|| Fault::line(self.line, "the event has no `DTSTART`"))?;
        let (first, zone) = stamp(start, zones)?;
        let is_day = matches!(first, Stamp::Day(_));
        let start_local = first.on_clock(&zone);
        let status = self.one("STATUS").map(|status| status.value.to_ascii_uppercase());
        let replaces = self.one("RECURRENCE-ID").map(|content| replaced(content, zones)).transpose()?;
        Ok(Event {
            line: self.line,
            uid: self.one("UID").map_or_else(|| format!("line {}", self.line), |uid| uid.value.clone()),
            start: start_local,
            length: self.length(start_local, &zone, is_day, zones)?,
            rules: self.all("RRULE").map(|rule| (rule.line, rule.value.clone())).collect(),
            also: self.also(&zone, zones)?,
            except: self.except(zones)?,
            replaces,
            is_cancelled: status.as_deref() == Some("CANCELLED"),
            clues: self.clues(),
            zone,
        })
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &Content> {
        self.properties.get(name).into_iter().flatten()
    }

    fn one(&self, name: &str) -> Option<&Content> {
        self.all(name).next()
    }

    fn length(&self, start: NaiveDateTime, zone: &Wall, is_day: bool, zones: &Zones<'_>) -> Result<TimeDelta, Fault> {
        if let Some(end) = self.one("DTEND") {
            let (stamp, end_zone) = stamp(end, zones)?;
            // An end in another time zone is converted to that of the start.
            let end_local = match stamp {
                Stamp::Local(local) => Stamp::Instant(end_zone.to_instant(local)).on_clock(zone),
                other => other.on_clock(zone),
            };
            let end_local = if end_zone == *zone { stamp.on_clock(zone) } else { end_local };
            return within(end_local - start)
                .ok_or_else(|| end.fault("the event must end after it starts, within a year"));
        }
        match self.one("DURATION") {
            Some(content) => duration(&content.value)
                .ok_or_else(|| content.fault("this is not a duration of at most a year, such as `PT12H`")),
            None if is_day => Ok(TimeDelta::days(1)),
            None => Err(Fault::line(self.line, "the event has neither `DTEND` nor `DURATION`")),
        }
    }

    fn also(&self, zone: &Wall, zones: &Zones<'_>) -> Result<Vec<NaiveDateTime>, Fault> {
        let mut also = Vec::new();
        for content in self.all("RDATE") {
            for value in content.value.split(',') {
                if value.contains('/') {
                    return Err(content.fault("periods in `RDATE` are not supported; make it a separate event"));
                }
                let (stamp, own) = stamp_of(value, content, zones)?;
                also.push(match stamp {
                    Stamp::Local(local) if own != *zone => Stamp::Instant(own.to_instant(local)).on_clock(zone),
                    other => other.on_clock(zone),
                });
            }
        }
        Ok(also)
    }

    fn except(&self, zones: &Zones<'_>) -> Result<Vec<Stamp>, Fault> {
        let mut except = Vec::new();
        for content in self.all("EXDATE") {
            for value in content.value.split(',') {
                let (stamp, zone) = stamp_of(value, content, zones)?;
                except.push(match stamp {
                    Stamp::Local(local) => Stamp::Instant(zone.to_instant(local)),
                    other => other,
                });
            }
        }
        Ok(except)
    }

    /// Attendees first, then the summary. The organizer often just maintains the calendar, so it counts only if no one is
    /// invited: a shift whose attendees declined or are unknown is not the organizer's.
    fn clues(&self) -> Vec<Vec<Clue>> {
        let is = |content: &Content, name: &str, words: &[&str]| {
            content.parameter(name).is_some_and(|value| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
        };
        let invited = || self.all("ATTENDEE").filter(|one| !is(one, "CUTYPE", &["ROOM", "RESOURCE"]));
        let attendees = invited().filter(|one| !is(one, "PARTSTAT", &["DECLINED"]));
        let addresses = |content: &Content| address(content).map(Clue::Email);
        let summary = self.one("SUMMARY").map(|summary| Clue::Text(summary.value.clone()));
        let organizer = self.all("ORGANIZER").filter(|_| invited().next().is_none());
        let all: [Vec<Clue>; 3] = [
            attendees.filter_map(addresses).collect(),
            summary.into_iter().collect(),
            organizer.filter_map(addresses).collect(),
        ];
        all.into_iter().filter(|group| !group.is_empty()).collect()
    }
}

fn address(content: &Content) -> Option<String> {
    let is_mail = content.value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
    is_mail.then(|| content.value[7..].trim().to_owned())
}

fn replaced(content: &Content, zones: &Zones<'_>) -> Result<DateTime<Utc>, Fault> {
    if content.parameter("RANGE").is_some() {
        return Err(content.fault("`RANGE` is not supported; end the series here and start a new one"));
    }
    let (stamp, zone) = stamp(content, zones)?;
    Ok(zone.to_instant(stamp.on_clock(&zone)))
}

fn stamp(content: &Content, zones: &Zones<'_>) -> Result<(Stamp, Wall), Fault> {
    stamp_of(&content.value, content, zones)
}

/// A time and its time zone.
fn stamp_of(text: &str, content: &Content, zones: &Zones<'_>) -> Result<(Stamp, Wall), Fault> {
    let stamp = Stamp::read(text.trim())
        .ok_or_else(|| content.fault("this is not a calendar date or time such as `20261224T170000`"))?;
    let zone = match (stamp, content.parameter("TZID")) {
        (Stamp::Day(_), _) => Wall::Zone(zones.days.clone()),
        (Stamp::Instant(_), None) => Wall::Zone(Zone::utc()),
        (_, Some(name)) => zones.find(name).map_err(|message| content.fault(message))?,
        (Stamp::Local(_), None) => zones.floating().map_err(|message| content.fault(message))?,
    };
    Ok((stamp, zone))
}
