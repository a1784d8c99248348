//! A shift in another system.

use chrono::NaiveDateTime;

use crate::config::import::clue::Clue;
use crate::config::import::fault::Fault;
use crate::domain::month::Month;

/// A shift in another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    /// The line number, counted from 1.
    pub line: u32,
    /// Start, in the roster's time zone.
    pub from: NaiveDateTime,
    /// End (not included).
    pub to: NaiveDateTime,
    /// The month it is imported with.
    pub month: Month,
    /// Clues to the person: the first group that identifies someone counts.
    pub clues: Vec<Vec<Clue>>,
}

/// The shifts of a file, and what a person should know about the rest of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shifts {
    pub shifts: Vec<Shift>,
    /// What was ignored or may be meant otherwise; it hinders no import.
    pub notes: Vec<Fault>,
}
