//! Concurrency limits for batch uploads.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::SourceName;

/// How many 16 MiB bodies are held in memory at once, in addition to one per source.
const SHARED_BODIES_MAX: usize = 6;

/// Concurrency limits for batch uploads. Each source has a place that no other can take, and may use the shared ones.
pub struct Turns {
    own: HashMap<SourceName, Arc<Semaphore>>,
    shared: Arc<Semaphore>,
}

impl Turns {
    /// Slots for these sources.
    pub fn new(sources: impl Iterator<Item = SourceName>) -> Self {
        let own = sources.map(|source| (source, Arc::new(Semaphore::new(1)))).collect();
        Self { own, shared: Arc::new(Semaphore::new(SHARED_BODIES_MAX)) }
    }

    /// Waits for a slot; `None` once the daemon shuts down.
    pub(in crate::web) async fn turn(&self, source: &SourceName) -> Option<OwnedSemaphorePermit> {
        let own = self.own.get(source).unwrap_or(&self.shared);
        let turn = tokio::select! {
            biased;
            turn = Arc::clone(own).acquire_owned() => turn,
            turn = Arc::clone(&self.shared).acquire_owned() => turn,
        };
        turn.ok()
    }
}
