//! Data keys that the record names and the file lacks.

use crate::domain::id::IncidentId;
use crate::domain::sealed::DataKeyId;
use crate::vault::Vault;

impl Vault {
    /// Whether a key has no line: it was lost, or never made here.
    pub fn lacks(&self, key: DataKeyId) -> bool {
        self.lock().file.places(key).next().is_none()
    }

    /// Whether further words of an incident are sealed under a key that is there.
    pub fn can_go_on_with(&self, incident: IncidentId) -> bool {
        let inner = self.lock();
        let last = inner.file.last_of(incident).map(|generation| DataKeyId { incident, generation });
        last.is_some_and(|key| inner.data_key(key).is_ok())
    }

    /// Makes no key by this name, nor by one before it: the record has words that are sealed under it.
    pub fn reserve(&self, key: DataKeyId) {
        let mut inner = self.lock();
        let reserved = inner.reserved.entry(key.incident).or_default();
        *reserved = key.generation.max(*reserved);
    }

    /// So many keys that the record names have no line; [`census`](Self::census) tells of them from now on.
    pub fn set_missing(&self, count: u64) {
        self.lock().missing = count;
    }
}
