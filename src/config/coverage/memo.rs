//! Values that are computed once, on first use, by whichever thread needs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by key.
pub struct Memo<K, V>(Mutex<BTreeMap<K, Arc<V>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V> Memo<K, V> {
    /// The value of a key. It must depend on the key alone: two threads that ask at once may both compute it.
    pub fn get(&self, key: K, compute: impl FnOnce() -> V) -> Arc<V> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        known.unwrap_or_else(|| {
            let computed = Arc::new(compute());
            let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(values.entry(key).or_insert(computed))
        })
    }
}
