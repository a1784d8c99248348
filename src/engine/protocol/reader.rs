//! What is asked of the store: lists and whole histories, for those who have signed in.

use crate::domain::id::IncidentId;
use crate::engine::protocol::refused::Refused;
use crate::store::query::{Filter, History, Listing};

pub use crate::store::sled::compact::{CompactError, Compacted};

/// Answers questions without asking the loop; it may block, so callers call it on a thread that may.
pub trait Reader: Send + Sync + 'static {
    /// A part of the list of incidents, newest first.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being built again.
    fn list(&self, filter: &Filter) -> Result<Listing, Refused>;

    /// One incident with all that happened to it; none where no incident has the reference.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being built again.
    fn history(&self, incident: IncidentId) -> Result<Option<History>, Refused>;

    /// Rebuilds the store from the journal, while it answers; it may take minutes.
    ///
    /// # Errors
    ///
    /// See [`CompactError`]; nothing has changed then.
    fn compact(&self) -> Result<Compacted, CompactError> {
        Err(CompactError::Closed)
    }
}
