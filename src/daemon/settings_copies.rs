//! The copies of valid settings, kept for a start whose own are broken: written, and reported where they cannot be.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::last_good::{self, LastGood};
use crate::engine::handle::Handle;
use crate::engine::protocol::readiness::{Part, Report};

/// A copy that could not be written is tried again after this pause: often enough that the warning goes soon after its
/// cause, and nothing beside a disk that is full.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Keeps the copies in the folders of the daemon's state.
pub struct SettingsCopies {
    folders: Vec<PathBuf>,
    handle: Handle,
    wanted: Mutex<BTreeMap<LastGood, Arc<str>>>,
    changed: Notify,
    /// What was said of each folder last.
    failing: Mutex<BTreeMap<PathBuf, String>>,
}

impl SettingsCopies {
    /// For these folders; nothing is kept yet.
    pub fn new(folders: Vec<PathBuf>, handle: Handle) -> Self {
        Self { folders, handle, wanted: Mutex::default(), changed: Notify::new(), failing: Mutex::default() }
    }

    /// Has a copy kept, as soon as the disk allows; the one before counts no more.
    pub fn want(&self, copy: LastGood, settings: &str) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(copy, settings.into());
        self.changed.notify_one();
    }

    /// Writes what is wanted and not there yet, and reports what cannot be written. It may wait for the disk.
    pub fn keep(&self) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut failing = BTreeMap::new();
        for folder in &self.folders {
            let keep = |(copy, text): (&LastGood, &Arc<str>)| last_good::keep(folder, *copy, text).err();
            if let Some(error) = wanted.iter().find_map(keep) {
                failing.insert(folder.clone(), error.to_string());
            }
        }
        let told = |folder: &PathBuf, error: &String| {
            format!(
                "the copy of wardbell.toml in {} cannot be updated: {error}. A restart while wardbell.toml is broken would \
                 use an older copy, if there is one: make that folder writable, or make room on its disk",
                folder.join(last_good::FOLDER).display()
            )
        };
        self.handle.report(Part::SettingsCopies, Report::warnings(failing.iter().map(|(one, why)| told(one, why))));
        let mut before = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        for (folder, error) in failing.iter().filter(|(folder, error)| before.get(*folder) != Some(*error)) {
            tracing::warn!("{}", told(folder, error));
        }
        for folder in before.keys().filter(|folder| !failing.contains_key(*folder)) {
            tracing::info!(folder = %folder.display(), "the copy of wardbell.toml is up to date again");
        }
        *before = failing;
    }

    /// Goes on keeping what is wanted, for as long as the daemon runs.
    pub async fn run(self: Arc<Self>) {
        loop {
            let is_failing = !self.failing.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(AGAIN_AFTER), if is_failing => {}
            }
            let copies = Arc::clone(&self);
            // Nothing in it panics, and the next copy is tried all the same.
            let _kept = tokio::task::spawn_blocking(move || copies.keep()).await;
        }
    }
}
