//! `VEVENT`s as they are in the file: the lines of each, and the calendar that it is in.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;

use crate::config::import::calendar::line::{Content, Line};
use crate::config::import::calendar::stamp::Stamp;
use crate::config::import::calendar::wall::Wall;
use crate::config::import::calendar::zone::Zones;
use crate::config::import::fault::Fault;
use crate::domain::zone::Zone;

/// Limit on events: ten shifts a day for some years.
const EVENTS_MAX: usize = 20_000;

/// Limit on nesting: alarms inside events are three levels deep.
const DEPTH_MAX: usize = 8;

/// The properties that are used; lines of others are not parsed.
const KNOWN: &[&str] = &[
    "ATTENDEE",
    "DTEND",
    "DTSTAMP",
    "DTSTART",
    "DURATION",
    "EXDATE",
    "LAST-MODIFIED",
    "ORGANIZER",
    "RDATE",
    "RECURRENCE-ID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "UID",
];

/// An event in the file.
#[derive(Default)]
pub struct Draft<'a> {
    /// The line of its `BEGIN:VEVENT`.
    pub line: u32,
    /// The number of the calendar that it is in.
    pub calendar: usize,
    depth: usize,
    properties: BTreeMap<&'static str, Vec<&'a Line>>,
}

/// All events of a file, the methods of its calendars, and what is wrong with its structure.
#[derive(Default)]
pub struct Drafts<'a> {
    pub drafts: Vec<Draft<'a>>,
    /// The `METHOD` of each calendar, with its line.
    pub methods: BTreeMap<usize, (u32, String)>,
    pub faults: Vec<Fault>,
}

/// Reads the events of all calendars.
pub fn read(lines: &[Line]) -> Drafts<'_> {
    let mut read = Drafts::default();
    let (mut inside, mut draft, mut calendar): (Vec<(String, u32)>, Option<Draft<'_>>, usize) = (Vec::new(), None, 0);
    for line in lines {
        let name = line.name();
        match name.as_str() {
            "BEGIN" => {
                inside.push((line.rest(), line.number));
                calendar += usize::from(inside.len() == 1);
                if inside.len() > DEPTH_MAX {
                    read.faults.push(Fault::line(line.number, format!("parts are nested more than {DEPTH_MAX} deep")));
                    return read;
                }
                if line.rest() == "VEVENT" && draft.is_none() {
                    draft = Some(Draft { line: line.number, calendar, depth: inside.len(), ..Draft::default() });
                }
            }
            "END" => {
                if inside.pop().is_none_or(|(opened, _)| opened != line.rest()) {
                    read.faults.push(Fault::line(line.number, "this `END` has no matching `BEGIN`"));
                    return read;
                }
                read.drafts.extend(draft.take_if(|draft| draft.depth > inside.len()));
            }
            "METHOD" if inside.len() == 1 => {
                read.methods.entry(calendar).or_insert((line.number, line.rest()));
            }
            name => {
                let Some(draft) = draft.as_mut().filter(|draft| draft.depth == inside.len()) else { continue };
                if let Some(known) = KNOWN.iter().find(|known| **known == name) {
                    draft.properties.entry(known).or_default().push(line);
                }
            }
        }
        if read.drafts.len() > EVENTS_MAX {
            read.faults.push(Fault::whole(format!("the calendar has more than {EVENTS_MAX} events")));
            return read;
        }
    }
    if let Some(open) = draft {
        read.faults.push(Fault::line(open.line, "the event has no `END`. Is the file incomplete?"));
    } else if let Some((name, number)) = inside.first() {
        let message = format!("this `BEGIN:{name}` has no `END`. The file is incomplete: download it again");
        read.faults.push(Fault::line(*number, message));
    }
    read
}

impl Draft<'_> {
    /// All lines of a property.
    ///
    /// # Errors
    ///
    /// The first that cannot be parsed.
    pub fn all(&self, name: &str) -> Result<Vec<Content>, Fault> {
        self.properties.get(name).into_iter().flatten().map(|line| line.content()).collect()
    }

    /// The first line of a property.
    ///
    /// # Errors
    ///
    /// It cannot be parsed.
    pub fn one(&self, name: &str) -> Result<Option<Content>, Fault> {
        self.properties.get(name).and_then(|lines| lines.first()).map(|line| line.content()).transpose()
    }

    /// The value of a property, if it has one.
    pub fn value(&self, name: &str) -> Option<String> {
        self.one(name).ok().flatten().map(|content| content.value)
    }

    /// The values of a property with several dates on each line.
    pub fn values(&self, name: &str) -> Vec<String> {
        let contents = self.all(name).unwrap_or_default();
        contents.iter().flat_map(|one| one.value.split(',').map(|part| part.trim().to_owned())).collect()
    }
}

/// A time and its time zone; a time without zone is in the one of the calendar.
///
/// # Errors
///
/// It is not a date or time, or its zone is not known.
pub fn stamp(content: &Content, zones: &Zones<'_>) -> Result<(Stamp, Wall), Fault> {
    stamp_of(&content.value, content, zones)
}

/// The same for one of several values of a line.
///
/// # Errors
///
/// It is not a date or time, or its zone is not known.
pub fn stamp_of(text: &str, content: &Content, zones: &Zones<'_>) -> Result<(Stamp, Wall), Fault> {
    let stamp = Stamp::read(text.trim())
        .ok_or_else(|| content.fault("this is not a calendar date or time such as `20261224T170000`"))?;
    let zone = match (stamp, content.parameter("TZID")) {
        (Stamp::Day(_), _) => Wall::Zone(zones.days.clone()),
        (Stamp::Instant(_), None) => Wall::Zone(Zone::utc()),
        (_, Some(name)) => zones.find(&name).map_err(|message| content.fault(message))?,
        (Stamp::Local(_), None) => zones.floating().map_err(|message| content.fault(message))?,
    };
    Ok((stamp, zone))
}

/// A time on another clock.
pub fn on_clock(stamp: Stamp, own: &Wall, clock: &Wall) -> NaiveDateTime {
    match stamp {
        Stamp::Local(local) if own != clock => Stamp::Instant(own.to_instant(local)).on_clock(clock),
        other => other.on_clock(clock),
    }
}
