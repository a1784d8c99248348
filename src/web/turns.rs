//! Whose turn it is to send many lines.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::id::SourceName;

/// So many bodies of 16 MiB are held in memory at once, beside one of each source.
const SHARED_BODIES_MAX: usize = 6;

/// Whose turn it is to send many lines. Each source has a place that no other can take, and may use the shared ones.
pub struct Turns {
    own: HashMap<SourceName, Arc<Semaphore>>,
    shared: Arc<Semaphore>,
}

impl Turns {
    /// Places for these sources.
    pub fn new(sources: impl Iterator<Item = SourceName>) -> Self {
        let own = sources.map(|source| (source, Arc::new(Semaphore::new(1)))).collect();
        Self { own, shared: Arc::new(Semaphore::new(SHARED_BODIES_MAX)) }
    }

    /// Waits for a place; none once the daemon ends.
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
