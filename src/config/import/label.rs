//! What the reason of an imported override says.

use std::fmt;

use crate::domain::month::Month;

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
