//! Why the store cannot be used or cannot answer.

use crate::journal::error::ReadError;

/// Why the store cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The disk is full, missing or read-only: the database is intact and can be opened again.
    #[error("the store's disk cannot be used: {0}")]
    Disk(String),
    /// The database is broken and must be rebuilt.
    #[error("the store is broken: {0}")]
    Broken(String),
    /// The database is intact but has other records than the journal: one of the two lost or replaced some.
    #[error("{0}")]
    Apart(String),
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl Trouble {
    pub fn unreadable(what: &str) -> Self {
        Self::Broken(format!("{what} cannot be read"))
    }
}

/// Why there is no database right now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    #[error("the store is closed")]
    Closed,
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Not now: the database is being repaired.
    #[error("the store cannot answer right now: {0}")]
    Unavailable(String),
    /// The store has other records than the journal.
    #[error("{0}")]
    Apart(String),
    /// The journal is damaged where it had to be read.
    #[error(transparent)]
    Journal(#[from] ReadError),
}

impl From<serde_json::Error> for Trouble {
    /// Leaves out the text, because it may contain incident content.
    fn from(error: serde_json::Error) -> Self {
        Self::Broken(format!("a value cannot be read ({:?} error in column {})", error.classify(), error.column()))
    }
}
