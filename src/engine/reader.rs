//! Lists and histories from the store.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;
use crate::domain::playbook::Playbook;
use crate::engine::handle::Shared;
use crate::engine::protocol::reader::{CompactError, Compacted, Reader};
use crate::engine::protocol::refused::Refused;
use crate::journal::record::Record;
use crate::store::Store;
use crate::store::query::{AccessFilter, Filter, History, Listing};

/// How long a query waits for the store to catch up with what was answered.
const FRESH_WITHIN: Duration = Duration::from_secs(2);

pub struct StoreReader {
    store: Arc<Store>,
    shared: Arc<Shared>,
}

impl StoreReader {
    /// A reader on the engine's store.
    pub fn new(store: Arc<Store>, shared: Arc<Shared>) -> Self {
        Self { store, shared }
    }

    /// Waits until the store has caught up. If that takes too long, an older answer is better than none.
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

    fn access(&self, filter: &AccessFilter) -> Result<(Vec<Record>, bool), Refused> {
        self.wait();
        self.store.access(filter).map_err(|_| Refused::Unavailable)
    }

    fn playbook(&self, hash: &Digest) -> Result<Option<Arc<Playbook>>, Refused> {
        self.store.playbook(hash).map(|found| found.map(Arc::new)).map_err(|_| Refused::Unavailable)
    }

    fn reached(&self, contacts: &[Digest]) -> Result<Vec<Option<DateTime<Utc>>>, Refused> {
        self.wait();
        self.store.reached(contacts).map_err(|_| Refused::Unavailable)
    }

    fn compact(&self) -> Result<Compacted, CompactError> {
        self.store.compact()
    }
}
