//! Writes copies of valid settings for a start with broken files, and reports copies that cannot be written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::config::last_good::{self, LastGood};
use crate::engine::handle::Handle;
use crate::engine::protocol::readiness::{Part, Report};

/// The retry interval for a copy that could not be written: short enough that the warning clears soon after its cause.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Keeps copies in the daemon's state folders.
pub struct SettingsCopies {
    folders: Vec<PathBuf>,
    handle: Handle,
    wanted: Mutex<BTreeMap<LastGood, Arc<str>>>,
    changed: Notify,
    /// The last logged error of each folder.
    failing: Mutex<BTreeMap<PathBuf, String>>,
}

impl SettingsCopies {
    /// Copies to these folders; writes nothing yet.
    pub fn new(folders: Vec<PathBuf>, handle: Handle) -> Self {
        Self { folders, handle, wanted: Mutex::default(), changed: Notify::new(), failing: Mutex::default() }
    }

    /// Requests a copy, replacing any pending one of the same kind.
    pub fn want(&self, copy: LastGood, settings: &str) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(copy, settings.into());
        self.changed.notify_one();
    }

    /// Writes pending copies and reports failures. May block on the disk.
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
                "the copy of wardbell.toml in {} cannot be updated: {error}. A restart while wardbell.toml is broken \
                 would use an older copy, if there is one. Make the folder writable or free space on its disk",
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

    /// Keeps writing pending copies while the daemon runs.
    pub async fn run(self: Arc<Self>) {
        loop {
            let is_failing = !self.failing.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(AGAIN_AFTER), if is_failing => {}
            }
            let copies = Arc::clone(&self);
            // It does not panic, and the next copy is tried anyway.
            let _kept = tokio::task::spawn_blocking(move || copies.keep()).await;
        }
    }
}
