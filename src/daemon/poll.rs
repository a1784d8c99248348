//! Compares the configuration files at intervals. The system reports no changes on a network share that another machine
//! writes, nor behind a link to a single file.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::files::FILES_MAX;
use crate::config::policies;

/// What changes with a file, without its contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<PathBuf, State>);

/// `None` if the file or the link cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct State {
    /// Of the file itself, behind all links.
    file: Option<Mark>,
    /// Where the path leads, if it is a link.
    target: Option<PathBuf>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    length: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    /// The same for attributes and names: a copy may keep the time at which the contents were modified.
    changed: (i64, i64),
}

impl Fingerprint {
    /// The state of the configuration file and of all files in the folders.
    pub fn of(config_file: &Path, folders: &[PathBuf]) -> Self {
        let inside = folders.iter().flat_map(|folder| files_of_plan(folder));
        let all = inside.chain([config_file.to_owned()]);
        Self(all.map(|path| (path.clone(), State::of(&path))).collect())
    }
}

impl State {
    fn of(path: &Path) -> Self {
        Self { file: fs::metadata(path).ok().map(|found| Mark::of(&found)), target: fs::read_link(path).ok() }
    }
}

impl Mark {
    fn of(found: &Metadata) -> Self {
        Self {
            device: found.dev(),
            inode: found.ino(),
            length: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

/// None if the folder cannot be read: it is reported when the files are read.
fn files_of_plan(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(2 * FILES_MAX).filter_map(Result::ok);
    let paths = entries.map(|entry| entry.path());
    let is_policies = folder.ends_with(policies::FOLDER);
    paths.filter(|path| path.extension().is_some_and(|end| end == "toml" || (is_policies && end == "md"))).collect()
}

/// A file that is being written is compared again after this time, until it stays as it is.
const QUIET: Duration = Duration::from_millis(300);

/// If files keep changing, they are read after this many times [`QUIET`].
const QUIET_TRIES: u32 = 10;

/// Returns when the files differ from `before` and no longer change.
pub async fn changed(config_file: &Path, folders: &[PathBuf], before: &Fingerprint, every: Duration) {
    let mut seen = None;
    while seen.as_ref().is_none_or(|seen| seen == before) {
        tokio::time::sleep(every).await;
        seen = look(config_file, folders).await;
    }
    for _ in 0..QUIET_TRIES {
        tokio::time::sleep(QUIET).await;
        let again = look(config_file, folders).await;
        if again == seen {
            return;
        }
        seen = again;
    }
}

/// The present state; `None` if looking failed.
async fn look(config_file: &Path, folders: &[PathBuf]) -> Option<Fingerprint> {
    let (path, folders) = (config_file.to_owned(), folders.to_owned());
    tokio::task::spawn_blocking(move || Fingerprint::of(&path, &folders)).await.ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_way_to_change_a_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (main, rosters, elsewhere) =
            (folder.path().join("wardbell.toml"), folder.path().join("rosters"), folder.path().join("elsewhere"));
        [&rosters, &elsewhere].into_iter().for_each(|folder| fs::create_dir(folder).unwrap());
        let (link, one, other) = (rosters.join("a.toml"), elsewhere.join("1"), elsewhere.join("2"));
        for file in [&main, &one, &other] {
            fs::write(file, "old").unwrap();
        }
        symlink(&one, &link).unwrap();
        let look = || Fingerprint::of(&main, &[folder.path().to_owned(), rosters.clone()]);
        let mut before = look();
        assert_eq!(look(), before);
        let mut changes = |what: &str, change: &dyn Fn()| {
            change();
            let now = look();
            assert_ne!(now, before, "{what}");
            before = now;
        };
        changes("written", &|| fs::write(&one, "longer").unwrap());
        changes("replaced with the same time and length", &|| {
            let time = fs::metadata(&one).unwrap().modified().unwrap();
            let new = elsewhere.join("new");
            fs::write(&new, "LONGER").unwrap();
            fs::File::options().write(true).open(&new).unwrap().set_modified(time).unwrap();
            fs::rename(&new, &one).unwrap();
        });
        changes("another target", &|| {
            fs::remove_file(&link).unwrap();
            symlink(&other, &link).unwrap();
        });
        changes("added", &|| fs::write(rosters.join("b.toml"), "").unwrap());
        changes("removed", &|| fs::remove_file(&link).unwrap());
        changes("settings", &|| fs::write(&main, "[files]\n").unwrap());
        fs::write(rosters.join("notes.txt"), "new").unwrap();
        assert_eq!(look(), before, "other files do not count");
    }
}
