//! From the schedules of other systems to overrides: pure functions from bytes to shifts, and from shifts to a text.
//!
//! What cannot be understood is told all at once, with its lines, and then nothing is written.

pub mod amion;
pub mod calendar;
mod names;
pub mod people;
pub mod weave;

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDateTime;

use crate::config::edit::{LocalOverride, time};
use crate::config::import::people::{Clue, People};
use crate::config::mistakes::printable;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::month::Month;

/// A file to import is at most this large: a year of a hospital with a hundred assignments a day takes half of it.
pub const BYTES_MAX: usize = 16 << 20;

/// More faults than this are not listed: the file is probably another than was meant.
const FAULTS_MAX: usize = 50;

/// One import gives at most this many overrides: a roster's list holds a thousand.
const OVERRIDES_MAX: usize = 900;

/// Which system a schedule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Amion's CSV report.
    Amion,
    /// RFC 5545.
    Calendar,
}

impl Origin {
    const ALL: [Self; 2] = [Self::Amion, Self::Calendar];

    fn word(self) -> &'static str {
        match self {
            Self::Amion => "Amion",
            Self::Calendar => "iCalendar",
        }
    }
}

/// What the reason of an imported override says, so that the next import of that month finds and replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// The system.
    pub origin: Origin,
    /// The month.
    pub month: Month,
}

impl Label {
    /// Reads a reason; `None` if a person has written it.
    pub fn read(reason: &str) -> Option<Self> {
        Origin::ALL.into_iter().find_map(|origin| {
            let month = reason.strip_prefix("from ")?.strip_prefix(origin.word())?.strip_prefix(' ')?;
            Some(Self { origin, month: month.parse().ok()? })
        })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "from {} {}", self.origin.word(), self.month)
    }
}

/// One shift as another system has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// Where it stands in the file, counted from 1.
    pub line: u32,
    /// The first minute, on the roster's clock.
    pub from: NaiveDateTime,
    /// The first minute after it.
    pub to: NaiveDateTime,
    /// The month that it is imported with.
    pub month: Month,
    /// What says whose it is: one group after the other is asked until one names somebody.
    pub clues: Vec<Vec<Clue>>,
}

/// What is wrong with a file to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The lines, counted from 1; none where the file as a whole is meant.
    pub lines: Vec<u32>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    /// The file as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { lines: Vec::new(), message: message.into() }
    }

    /// One line.
    pub fn line(line: u32, message: impl Into<String>) -> Self {
        Self { lines: vec![line], message: message.into() }
    }
}

impl fmt::Display for Fault {
    /// One line. What another system wrote may hold anything: nothing of it speaks to a terminal.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = printable(&self.message);
        match self.lines.as_slice() {
            [] => out.write_str(&message),
            [line] => write!(out, "line {line}: {message}"),
            [first, second] => write!(out, "lines {first} and {second}: {message}"),
            [first, second, rest @ ..] => {
                write!(out, "lines {first}, {second} and {} more: {message}", rest.len())
            }
        }
    }
}

/// The months that an import stands for: those that are asked for, or else those that have shifts.
///
/// # Errors
///
/// One of them is empty, and `may_be_empty` does not say that this is meant.
pub fn months_of(shifts: &[Shift], asked: &[Month], may_be_empty: bool) -> Result<BTreeSet<Month>, Fault> {
    let found: BTreeSet<Month> = shifts.iter().map(|shift| shift.month).collect();
    let empty: Vec<_> = asked.iter().filter(|month| !found.contains(month)).map(Month::to_string).collect();
    if !empty.is_empty() && !may_be_empty {
        let months = empty.join(", ");
        return Err(Fault::whole(format!(
            "there is no shift in {months}: if that is right, `--allow-empty` takes away what an earlier import gave for \
             it"
        )));
    }
    Ok(found.into_iter().chain(asked.iter().copied()).collect())
}

/// The overrides that shifts make, in order, neighbours of one person as one.
///
/// # Errors
///
/// Shifts whose people are not known, and times for which there are two.
pub fn overrides(
    shifts: &[Shift],
    role: &Role,
    origin: Origin,
    people: &People<'_>,
) -> Result<Vec<LocalOverride>, Vec<Fault>> {
    let mut shifts: Vec<(&Shift, LiaisonId)> = people.name_all(shifts)?;
    shifts.sort_by_key(|(shift, _)| (shift.from, shift.to, shift.line));
    let mut faults = Vec::new();
    let mut longest: Option<&(&Shift, LiaisonId)> = None;
    for next in &shifts {
        if let Some(before) = longest.filter(|before| next.0.from < before.0.to && before.1 != next.1) {
            let message = format!(
                "`{}` and `{}` have the same time from {}: a role has one person at a time",
                before.1,
                next.1,
                time(next.0.from)
            );
            faults.push(Fault { lines: vec![before.0.line, next.0.line], message });
        }
        if longest.is_none_or(|before| before.0.to < next.0.to) {
            longest = Some(next);
        }
    }
    let mut made: Vec<(LocalOverride, Month)> = Vec::new();
    for (shift, liaison) in shifts {
        let continued = made
            .last_mut()
            .filter(|(last, month)| last.liaison == liaison && *month == shift.month && shift.from <= last.to);
        if let Some((last, _)) = continued {
            last.to = last.to.max(shift.to);
            continue;
        }
        let reason = Some(Label { origin, month: shift.month }.to_string());
        let one = LocalOverride { role: role.clone(), from: shift.from, to: shift.to, liaison, reason };
        made.push((one, shift.month));
    }
    if made.len() > OVERRIDES_MAX {
        faults
            .push(Fault::whole(format!("this makes more than {OVERRIDES_MAX} overrides: import fewer months at once")));
    }
    if faults.is_empty() { Ok(made.into_iter().map(|(one, _)| one).collect()) } else { Err(first_of(faults)) }
}

fn first_of(mut faults: Vec<Fault>) -> Vec<Fault> {
    let more = faults.len().saturating_sub(FAULTS_MAX);
    faults.truncate(FAULTS_MAX);
    if more > 0 {
        faults.push(Fault::whole(format!("and {more} more")));
    }
    faults
}

/// The text of a file in UTF-8, or else in Latin 1, as older systems write it.
fn decode(bytes: &[u8]) -> Result<String, Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::whole(format!("the file is larger than {} MiB", BYTES_MAX >> 20)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned))
}

/// Whether somebody saved a web page instead of the schedule.
fn is_web_page(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(1_000).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype") || head.contains("<html") || head.contains("<body") || head.contains("<head")
}
