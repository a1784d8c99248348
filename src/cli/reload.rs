//! Rosters and playbooks that change while the daemon runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;

/// Files that change within so short a time count as one change: editors write by rename, and people save many at once.
const QUIET: Duration = Duration::from_millis(300);

/// Where files go on changing, they are read all the same after so many times [`QUIET`].
const QUIET_TRIES: u32 = 10;

/// Watches folders; dropped, it stops.
pub type Watcher = RecommendedWatcher;

/// Tells of every change in the folders of rosters and playbooks, and of the configuration file itself. To be called where
/// tasks can be spawned; without changes, nothing wakes up. A folder that was replaced is another folder: after a change,
/// watch anew.
///
/// # Errors
///
/// A folder that cannot be watched; a signal still reloads then.
pub fn watch(config_file: &Path, changes: mpsc::Sender<()>) -> Result<Watcher> {
    let (sender, events) = mpsc::channel(1);
    let told = move |result: notify::Result<notify::Event>| {
        if result.map_or(true, |event| !event.kind.is_access()) {
            // A change is waiting already where the channel is full.
            let _waiting = sender.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told).context("changes of files cannot be watched")?;
    let home = config_file.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    watcher
        .watch(home, RecursiveMode::NonRecursive)
        .with_context(|| format!("{} cannot be watched", home.display()))?;
    for folder in config::folders(config_file) {
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            tracing::warn!(folder = %folder.display(), %error, "a folder cannot be watched until it is there again");
        }
    }
    tokio::spawn(tell_when_quiet(events, changes));
    Ok(watcher)
}

/// Waits after a change until no other follows; ends when the watcher is dropped.
async fn tell_when_quiet(mut events: mpsc::Receiver<()>, changes: mpsc::Sender<()>) {
    while events.recv().await.is_some() {
        for _ in 0..QUIET_TRIES {
            tokio::time::sleep(QUIET).await;
            if events.try_recv().is_err() {
                break;
            }
        }
        // A change is waiting already where the channel is full.
        let _waiting = changes.try_send(());
    }
}

/// Reads the files again; a plan that is valid comes into force, and one that is not changes nothing.
pub async fn reload(config_file: &Path, handle: &Handle, metrics: &Metrics) {
    let loaded = config::load(config_file, SystemClock.wall().date_naive());
    let errors = loaded.error_lines();
    match loaded.config {
        Some(config) if config.plan.files == handle.plan().files => handle.warn(Vec::new()),
        Some(config) => {
            handle.replan(Arc::new(config.plan)).await;
            handle.warn(Vec::new());
        }
        None => {
            errors.iter().for_each(|error| tracing::error!(error, "the files are not valid: the plan before stays"));
            metrics.plan_reload_failed();
            handle.warn(errors);
        }
    }
}
