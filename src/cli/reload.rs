//! Rosters and playbooks that change while the daemon runs.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc;

use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::engine::handle::Handle;
use crate::engine::metrics::Metrics;

/// Files that change within so short a time count as one change: editors write by rename, and people save many at once.
const QUIET: Duration = Duration::from_millis(300);

/// Watches folders; dropped, it stops.
pub type Watcher = Debouncer<RecommendedWatcher, RecommendedCache>;

/// Tells of every change in the folders of rosters and playbooks, and of the configuration file itself.
///
/// # Errors
///
/// A folder that cannot be watched; a signal still reloads then.
pub fn watch(config_file: &Path, changes: mpsc::Sender<()>) -> Result<Watcher> {
    let told = move |result: DebounceEventResult| {
        let matters = result.map_or(true, |events| events.iter().any(|event| !event.kind.is_access()));
        if matters {
            // A change is waiting already where the channel is full.
            let _waiting = changes.try_send(());
        }
    };
    let mut watcher = new_debouncer(QUIET, None, told).context("changes of files cannot be watched")?;
    for folder in config::folders(config_file) {
        watcher
            .watch(&folder, RecursiveMode::NonRecursive)
            .with_context(|| format!("{} cannot be watched", folder.display()))?;
    }
    Ok(watcher)
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
