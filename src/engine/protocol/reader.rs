//! Queries to the store: lists and histories, for authenticated callers.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::digest::Digest;
use crate::domain::id::IncidentId;
use crate::domain::playbook::Playbook;
use crate::engine::protocol::refused::Refused;
use crate::journal::record::Record;
use crate::store::query::{AccessFilter, Filter, History, Listing};

pub use crate::store::sled::compact::{CompactError, Compacted};

/// Answers queries without the engine. May block, so call it on a blocking thread.
pub trait Reader: Send + Sync + 'static {
    /// A part of the list of incidents, newest first.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being rebuilt.
    fn list(&self, filter: &Filter) -> Result<Listing, Refused>;

    /// One incident with its history; `None` if the reference is unknown.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being rebuilt.
    fn history(&self, incident: IncidentId) -> Result<Option<History>, Refused>;

    /// Who signed in, and what they were shown: the first events, and whether there are more.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being rebuilt.
    fn access(&self, filter: &AccessFilter) -> Result<(Vec<Record>, bool), Refused>;

    /// One version of a playbook; `None` if no incident has used it.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being rebuilt.
    fn playbook(&self, hash: &Digest) -> Result<Option<Arc<Playbook>>, Refused>;

    /// When a message last reached each of these contacts, in logical time.
    ///
    /// # Errors
    ///
    /// [`Refused::Unavailable`] while the store is being rebuilt.
    fn reached(&self, contacts: &[Digest]) -> Result<Vec<Option<DateTime<Utc>>>, Refused>;

    /// Rebuilds the store from the journal while it stays available; may take minutes.
    ///
    /// # Errors
    ///
    /// See [`CompactError`]; then nothing has changed.
    fn compact(&self) -> Result<Compacted, CompactError> {
        Err(CompactError::Closed)
    }
}
