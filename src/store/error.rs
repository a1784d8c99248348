//! Why the store cannot go on or answer.

use crate::journal::error::ReadError;

/// Why the store cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The disk is full, gone or read-only: the database is sound and wants to be opened again.
    #[error("the store's disk cannot be used: {0}")]
    Disk(String),
    /// The database is broken: it wants to be built anew.
    #[error("the store is broken: {0}")]
    Broken(String),
    /// The database is sound and holds other records than the journal: one of the two has lost or exchanged some.
    #[error("{0}")]
    Apart(String),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Trouble {
    /// A value is not what was written.
    pub fn unreadable(what: &str) -> Self {
        Self::Broken(format!("{what} cannot be read"))
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not now: the database is being mended.
    #[error("the store cannot answer right now: {0}")]
    Unavailable(String),
    /// It holds other records than the journal.
    #[error("{0}")]
    Apart(String),
    /// The journal is damaged where it was to be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl From<serde_json::Error> for Trouble {
    /// The text is not repeated: it may hold what a source sent.
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(format!("a value cannot be read ({:?} error in column {})", error.classify(), error.column()))
    }
}
