//! Follows rosters and playbooks that change while the daemon runs, as `serve` and `demo` do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::clock::zones;
use crate::config;
use crate::daemon::error::{DaemonError, Doing};
use crate::daemon::reload::Reloader;

/// Files that change within so short a time count as one change: editors write by rename, and people save many at once.
const QUIET: Duration = Duration::from_millis(300);

/// Where files go on changing, they are read all the same after so many times [`QUIET`].
const QUIET_TRIES: u32 = 10;

/// Reads the files again whenever something changes in the folders of rosters and playbooks, or in the configuration file
/// itself, and when it is asked to; without changes, nothing wakes up. Dropped, it stops.
///
/// It has a task of its own: a disk that does not answer holds up nothing else.
pub struct Follower {
    task: JoinHandle<()>,
    asked: Arc<Notify>,
}

impl Follower {
    /// Begins to follow. The files are read once at once: they may have changed since the start has read them.
    pub fn start(config_file: &Path, reloader: &Arc<Reloader>) -> Self {
        let asked = Arc::new(Notify::new());
        let task = follow(config_file.to_owned(), Arc::clone(reloader), Arc::clone(&asked));
        Self { task: tokio::spawn(task), asked }
    }

    /// Has the files read again, and their folders looked for anew.
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
    // It watches for as long as it is kept.
    let mut _watcher: Option<RecommendedWatcher> = None;
    loop {
        // Before the files are read, so that no change is missed. A folder that was replaced is another folder.
        let (path, changes) = (config_file.clone(), changes.clone());
        let began = reloader.expect(tokio::task::spawn_blocking(move || watch(&path, changes))).await;
        let began = began.doing("changes of files cannot be watched").flatten();
        let warn = |error: &DaemonError| tracing::warn!(%error, "files are read again on SIGHUP alone");
        _watcher = began.inspect_err(warn).ok();
        if let Err(refused) = reloader.reload().await {
            tracing::error!(%refused, "the files were read again");
        }
        tokio::select! {
            // This task has a sender itself, so that there is always something to wait for.
            _ = changed.recv() => {}
            () = asked.notified() => {}
        }
    }
}

fn watch(config_file: &Path, changes: mpsc::Sender<()>) -> Result<RecommendedWatcher, DaemonError> {
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
    let mut watcher = notify::recommended_watcher(told).doing("changes of files cannot be watched")?;
    watcher.watch(home, RecursiveMode::NonRecursive).doing("the folder of wardbell.toml cannot be watched")?;
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
