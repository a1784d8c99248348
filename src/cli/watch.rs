//! Follows rosters and playbooks that change while the daemon runs, as `serve` and `demo` do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use crate::clock::zones;
use crate::config;
use crate::engine::reload::Reloader;

/// Files that change within so short a time count as one change: editors write by rename, and people save many at once.
const QUIET: Duration = Duration::from_millis(300);

/// Where files go on changing, they are read all the same after so many times [`QUIET`].
const QUIET_TRIES: u32 = 10;

/// Tells of every change in the folders of rosters and playbooks, and of the configuration file itself; without changes,
/// nothing wakes up.
pub struct Follower {
    config_file: PathBuf,
    changes: mpsc::Sender<()>,
    changed: mpsc::Receiver<()>,
    /// Dropped, it stops; `None` where nothing can be watched.
    watcher: Option<RecommendedWatcher>,
}

impl Follower {
    /// Begins to follow. To be called where tasks can be spawned. The first change is told at once: files may have changed
    /// since they were read.
    pub fn new(config_file: &Path) -> Self {
        let (changes, changed) = mpsc::channel(1);
        let mut follower = Self { config_file: config_file.to_owned(), changes, changed, watcher: None };
        follower.look_again();
        follower.tell();
        follower
    }

    /// Waits until files have changed and then been left alone for a moment. Can be given up at any time.
    pub async fn changed(&mut self) {
        // It holds a sender itself, so that there is always something to wait for.
        let _told = self.changed.recv().await;
        self.look_again();
    }

    /// Watches anew: a folder that was replaced is another folder.
    pub fn look_again(&mut self) {
        self.watcher = watch(&self.config_file, self.changes.clone())
            .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "files are read again on SIGHUP alone"))
            .ok();
    }

    fn tell(&self) {
        // A change is waiting already where the channel is full.
        let _waiting = self.changes.try_send(());
    }
}

/// Reads the files again. What went wrong is logged, and `/readyz` tells it.
pub async fn reload(reloader: &Reloader) {
    if let Err(refused) = reloader.reload().await {
        tracing::error!(%refused, "the files were read again");
    }
}

fn watch(config_file: &Path, changes: mpsc::Sender<()>) -> Result<RecommendedWatcher> {
    let mut folders = config::folders(config_file);
    // An update of the operating system changes the rules of time zones file by file.
    folders.extend(zones::folders());
    let home = config_file.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder elsewhere may be replaced as a whole, which only the folder that it is in tells.
    let parents = folders.iter().filter(|folder| *folder != home).filter_map(|folder| folder.parent());
    let outside: BTreeSet<PathBuf> =
        parents.map(Path::to_owned).filter(|parent| parent != home && !folders.contains(parent)).collect();
    let (sender, events) = mpsc::channel(1);
    let (watched, around) = (folders.clone(), outside.clone());
    let told = move |result: notify::Result<notify::Event>| {
        if result.map_or(true, |event| !event.kind.is_access() && concerns(&event, &watched, &around)) {
            // A change is waiting already where the channel is full.
            let _waiting = sender.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told).context("changes of files cannot be watched")?;
    watcher
        .watch(home, RecursiveMode::NonRecursive)
        .with_context(|| format!("{} cannot be watched", home.display()))?;
    for folder in folders.iter().chain(&outside).filter(|folder| *folder != home) {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::warn!(folder = %folder.display(), %error, "a folder cannot be watched until it is there again");
        }
    }
    tokio::spawn(tell_when_quiet(events, changes));
    Ok(watcher)
}

/// Whether an event is of the files that are followed, and not of what else is around their folders.
fn concerns(event: &notify::Event, watched: &[PathBuf], around: &BTreeSet<PathBuf>) -> bool {
    let is_beside =
        |path: &PathBuf| path.parent().is_some_and(|parent| around.contains(parent)) && !watched.contains(path);
    event.paths.is_empty() || !event.paths.iter().all(is_beside)
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
