//! What people write into events: protected words, sealed at rest.

use crate::domain::escalation::event::Event;
use crate::domain::sealed::{SealedKind, Words};

impl Event {
    /// What somebody wrote, except what a source or a reporter sent.
    pub fn written(&self) -> Option<(SealedKind, &Words)> {
        match self {
            Self::Noted { text, .. } => Some((SealedKind::Noted, text)),
            Self::Resolved { note, .. } => Some((SealedKind::Resolved, note.as_ref()?)),
            Self::Reopened(reopened) => Some((SealedKind::Reopened, reopened.note.as_ref()?)),
            Self::Task(task) => Some((SealedKind::Task, task.change.words()?)),
            Self::Statement(statement) => Some((SealedKind::Statement, statement.change.words()?)),
            _ => None,
        }
    }

    pub fn written_mut(&mut self) -> Option<(SealedKind, &mut Words)> {
        match self {
            Self::Noted { text, .. } => Some((SealedKind::Noted, text)),
            Self::Resolved { note, .. } => Some((SealedKind::Resolved, note.as_mut()?)),
            Self::Reopened(reopened) => Some((SealedKind::Reopened, reopened.note.as_mut()?)),
            Self::Task(task) => Some((SealedKind::Task, task.change.words_mut()?)),
            Self::Statement(statement) => Some((SealedKind::Statement, statement.change.words_mut()?)),
            _ => None,
        }
    }
}
