//! The reading side for those who have signed in: lists and whole histories, from the store.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::id::IncidentId;
use crate::engine::handle::Shared;
use crate::engine::request::Refused;
use crate::store::Store;
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

/// A question waits this long for the store to have what was answered already.
const FRESH_WITHIN: Duration = Duration::from_secs(2);

/// Reads from the store, and sees whatever was answered before the question.
pub struct StoreReader {
    store: Arc<Store>,
    shared: Arc<Shared>,
}

impl StoreReader {
    /// A reader on the engine's store.
    pub fn new(store: Arc<Store>, shared: Arc<Shared>) -> Self {
        Self { store, shared }
    }

    /// Waits until the store has what was answered; an older answer is better than none where it takes too long.
    fn wait(&self) {
        let seq = self.shared.recorded();
        if self.store.applied() < seq {
            let waited = tokio::runtime::Handle::current().block_on(self.store.wait_applied(seq, FRESH_WITHIN));
            tracing::trace!(seq, waited, "waited for the store");
        }
    }
}

impl Reader for StoreReader {
    fn list(&self, filter: &Filter) -> Result<Listing, Refused> {
        self.wait();
        self.store.list(filter).map_err(|_| Refused::Unavailable)
    }

    fn history(&self, incident: IncidentId) -> Result<Option<History>, Refused> {
        self.wait();
        self.store.history(incident).map_err(|_| Refused::Unavailable)
    }

    fn compact(&self) -> Result<Compacted, CompactError> {
        self.store.compact()
    }
}
