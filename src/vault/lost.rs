//! Data keys that the record refers to and the file lacks.

use crate::domain::id::IncidentId;
use crate::domain::sealed::DataKeyId;
use crate::vault::Vault;

impl Vault {
    /// Whether a key has no line: it was lost, or never created here.
    pub fn lacks(&self, key: DataKeyId) -> bool {
        self.lock().file.places(key).next().is_none()
    }

    /// Whether more text of an incident can be sealed under an existing key.
    pub fn can_go_on_with(&self, incident: IncidentId) -> bool {
        let inner = self.lock();
        let last = inner.file.last_of(incident).map(|generation| DataKeyId { incident, generation });
        last.is_some_and(|key| inner.data_key(key).is_ok())
    }

    /// Prevents creating a key with this name or an earlier one, because the record has text sealed under it.
    pub fn reserve(&self, key: DataKeyId) {
        let mut inner = self.lock();
        let reserved = inner.reserved.entry(key.incident).or_default();
        *reserved = key.generation.max(*reserved);
    }

    /// Sets the number of data keys that the record refers to and that are missing; [`inventory`](Self::inventory) reports
    /// it.
    pub fn set_missing(&self, count: u64) {
        self.lock().missing = count;
    }
}
