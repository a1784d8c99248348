//! The kinds of moments by which a reader filters an incident's timeline.

use std::str::FromStr;

use crate::domain::escalation::event::Event;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineKind {
    /// Who was paged, and what became of each message.
    Pages,
    /// What people answered and asked of each other.
    Answers,
    Notes,
    Tasks,
    Statements,
    /// What happened to the incident itself.
    Changes,
}

/// Neither of the kinds.
#[derive(Debug)]
pub struct UnknownTimelineKind;

impl TimelineKind {
    pub const ALL: [Self; 6] = [Self::Pages, Self::Answers, Self::Notes, Self::Tasks, Self::Statements, Self::Changes];

    /// The word in an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Answers => "answers",
            Self::Notes => "notes",
            Self::Tasks => "tasks",
            Self::Statements => "statements",
            Self::Changes => "changes",
        }
    }

    pub fn of(event: &Event) -> Self {
        match event {
            Event::StepFired(_)
            | Event::StepDeferred { .. }
            | Event::Attempted { .. }
            | Event::LinkIssued { .. }
            | Event::Reminded { .. }
            | Event::FollowedUp(_) => Self::Pages,
            Event::Acknowledged { .. }
            | Event::Declined { .. }
            | Event::HolderUnreachable { .. }
            | Event::HandedOver { .. }
            | Event::HandOverRequested { .. }
            | Event::HandOverFailed { .. }
            | Event::Escalated { .. } => Self::Answers,
            Event::Noted { .. } => Self::Notes,
            Event::Task(_) => Self::Tasks,
            Event::Statement(_) => Self::Statements,
            Event::Opened(_)
            | Event::Folded(_)
            | Event::SeverityRose(_)
            | Event::Reclassified(_)
            | Event::Withdrawn { .. }
            | Event::HeardAgain { .. }
            | Event::ConfigurationFixed { .. }
            | Event::Resolved { .. }
            | Event::Reopened(_)
            | Event::Purged { .. } => Self::Changes,
        }
    }
}

impl FromStr for TimelineKind {
    type Err = UnknownTimelineKind;
    fn from_str(word: &str) -> Result<Self, UnknownTimelineKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == word).ok_or(UnknownTimelineKind)
    }
}
