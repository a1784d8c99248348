//! A shift as another system has it.

use chrono::NaiveDateTime;

use crate::config::import::clue::Clue;
use crate::domain::month::Month;

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
