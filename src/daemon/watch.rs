//! Watches rosters and playbooks for changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::clock::zones;
use crate::config::{self, Followed};
use crate::daemon::error::{DaemonError, Doing};
use crate::daemon::poll::{self, Fingerprint};
use crate::daemon::reload::Reloader;

/// Changes within this time count as one: editors write by rename, and people save many files together.
const QUIET: Duration = Duration::from_millis(300);

/// If files keep changing, they are read after this many times [`QUIET`].
const QUIET_TRIES: u32 = 10;

/// When to try again if watching could not be set up.
const AGAIN_AFTER: Duration = Duration::from_secs(15);

/// Reloads when a roster, a playbook, or the configuration file changes, or on request. Stops when dropped.
///
/// Runs in its own task, so that a disk that hangs blocks nothing else.
pub struct Follower {
    task: JoinHandle<()>,
    asked: Arc<Notify>,
}

impl Follower {
    /// Starts watching. Reads the files once immediately because they may have changed since startup.
    pub fn start(config_file: &Path, reloader: &Arc<Reloader>) -> Self {
        let asked = Arc::new(Notify::new());
        let task = follow(config_file.to_owned(), Arc::clone(reloader), Arc::clone(&asked));
        Self { task: tokio::spawn(task), asked }
    }

    /// Requests a reload and looks for the folders again.
    pub fn read_again(&self) {
        self.asked.notify_one();
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(config_file: PathBuf, reloader: Arc<Reloader>, asked: Arc<Notify>) {
    let (changes, mut changed) = mpsc::channel(1);
    // Watching stops when this is dropped.
    let mut _watcher: Option<RecommendedWatcher> = None;
    loop {
        // Set up before reading, so that no change is missed, and every time, because a folder may have been replaced.
        let (path, changes) = (config_file.clone(), changes.clone());
        let set_up = tokio::task::spawn_blocking(move || {
            let followed = config::followed(&path);
            (Fingerprint::of(&path, &followed.folders), watch(&path, &followed.folders, changes), followed)
        });
        let (seen, began, followed) = match reloader.expect(set_up).await.doing("cannot watch for file changes") {
            Ok(set_up) => set_up,
            Err(error) => (Fingerprint::default(), Err(error), Followed { folders: Vec::new(), poll: AGAIN_AFTER }),
        };
        let warn = |error: &DaemonError| {
            let every = followed.poll.as_secs();
            tracing::warn!(%error, "the system does not report file changes; files are compared every {every} s instead");
        };
        _watcher = began.inspect_err(warn).ok();
        if let Err(refused) = reloader.reload().await {
            tracing::error!(%refused, "configuration loaded, but recording it failed");
        }
        tokio::select! {
            // This task keeps a sender, so the channel never closes.
            _ = changed.recv() => {}
            () = asked.notified() => {}
            () = poll::changed(&config_file, &followed.folders, &seen, followed.poll) => {}
        }
    }
}

fn watch(
    config_file: &Path,
    folders: &[PathBuf],
    changes: mpsc::Sender<()>,
) -> Result<RecommendedWatcher, DaemonError> {
    let mut folders = folders.to_vec();
    // A system update changes time zone files one by one.
    folders.extend(zones::folders());
    let home = config_file.parent().filter(|home| !home.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder may be replaced as a whole, which only its parent reports.
    let parents = folders.iter().filter(|folder| *folder != home).filter_map(|folder| folder.parent());
    let outside: BTreeSet<PathBuf> =
        parents.map(Path::to_owned).filter(|parent| parent != home && !folders.contains(parent)).collect();
    let (sender, events) = mpsc::channel(1);
    let (watched, around) = (folders.clone(), outside.clone());
    let told = move |result: notify::Result<notify::Event>| {
        if result.map_or(true, |event| !event.kind.is_access() && concerns(&event, &watched, &around)) {
            // If the channel is full, a change is already pending.
            let _waiting = sender.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(told).doing("cannot watch for file changes")?;
    watcher.watch(home, RecursiveMode::NonRecursive).doing("cannot watch the folder of wardbell.toml")?;
    for folder in folders.iter().chain(&outside).filter(|folder| *folder != home) {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            tracing::warn!(folder = %folder.display(), %error, "cannot watch this folder until it exists again");
        }
    }
    tokio::spawn(tell_when_quiet(events, changes));
    Ok(watcher)
}

/// Whether an event concerns the watched files and not something else nearby.
fn concerns(event: &notify::Event, watched: &[PathBuf], around: &BTreeSet<PathBuf>) -> bool {
    let is_beside =
        |path: &PathBuf| path.parent().is_some_and(|parent| around.contains(parent)) && !watched.contains(path);
    event.paths.is_empty() || !event.paths.iter().all(is_beside)
}

/// Waits until changes settle; ends when the watcher is dropped.
async fn tell_when_quiet(mut events: mpsc::Receiver<()>, changes: mpsc::Sender<()>) {
    while events.recv().await.is_some() {
        for _ in 0..QUIET_TRIES {
            tokio::time::sleep(QUIET).await;
            if events.try_recv().is_err() {
                break;
            }
        }
        // If the channel is full, a change is already pending.
        let _waiting = changes.try_send(());
    }
}
