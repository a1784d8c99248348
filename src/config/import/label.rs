//! The reason of an imported override.

use std::fmt;

use crate::domain::month::Month;

/// The system that a schedule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Amion,
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

/// The reason of an imported override, by which the next import of that month finds and replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub origin: Origin,
    pub month: Month,
}

impl Label {
    /// Parses a reason; `None` if a person wrote it.
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
