//! Replaces a file atomically: either the old or the new one is there, complete.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;

/// Why a file was not written. The old file is unchanged, except after [`Unsure`](Self::Unsure).
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    /// Another program has changed it since it was read.
    #[error("{} has changed since it was read; run the command again", .0.display())]
    Changed(PathBuf),
    /// Its group cannot be kept, and the daemon may depend on group access.
    #[error("{} belongs to a group that you are not in; run the command as the file's owner, or join the group", .0.display())]
    Group(PathBuf),
    /// It belongs to another user and is not writable.
    #[error("{} belongs to another user and is not writable; run the command as the file's owner", .0.display())]
    Owner(PathBuf),
    /// It was written, but a power failure may bring back the old file.
    #[error("{} was changed, but the disk did not confirm the write: {error}", path.display())]
    Unsure { path: PathBuf, error: io::Error },
    /// Another program has created it.
    #[error("{} has been created meanwhile; run the command again", .0.display())]
    Created(PathBuf),
    /// The disk or the folder reported an error.
    #[error("cannot write {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

/// Replaces the file if it still has the digest `read`. Follows links; keeps the group and the permissions, and the owner
/// if the system allows it (a file that is group-writable becomes the property of the writer).
///
/// # Errors
///
/// The file has changed, its group cannot be kept, it is not writable, or the disk reported an error.
pub fn replace(path: &Path, read: Digest, text: &str) -> Result<(), NotSaved> {
    let failed = |error| NotSaved::Io { path: path.to_owned(), error };
    let target = fs::canonicalize(path).map_err(failed)?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    let folder_file = File::open(folder).map_err(failed)?;
    let meta = fs::metadata(&target).map_err(failed)?;
    // With two concurrent commands, the second sees what the first wrote. On file systems without locks, and with editors,
    // only the check directly before the replacement protects.
    let locked = folder_file.lock();
    if locked.is_ok() {
        // The lock is held, so a leftover file is from a command that was killed.
        remove_stale(folder);
    }
    // Only files whose names end in `.toml` are read as rosters.
    let mut new = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(folder).map_err(failed)?;
    keep_group(new.as_file(), &meta).map_err(|_| NotSaved::Group(path.to_owned()))?;
    keep_owner(new.as_file(), &target, &meta).map_err(|_| NotSaved::Owner(path.to_owned()))?;
    new.as_file().set_permissions(meta.permissions()).map_err(failed)?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(failed)?;
    let now = fs::read(&target).map_err(failed)?;
    if Digest::of(&now) != read {
        return Err(NotSaved::Changed(path.to_owned()));
    }
    new.persist(&target).map_err(|error| failed(error.error))?;
    folder_file.sync_all().map_err(|error| NotSaved::Unsure { path: path.to_owned(), error })
}

/// Creates a file with the group and the permissions of the file `like`, which the daemon can read.
///
/// # Errors
///
/// The file exists, the group cannot be given to it, or the disk reported an error.
pub fn create(path: &Path, like: &Path, text: &str) -> Result<(), NotSaved> {
    let failed = |error| NotSaved::Io { path: path.to_owned(), error };
    let meta = fs::metadata(like).map_err(failed)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut new = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).tempfile_in(folder).map_err(failed)?;
    keep_group(new.as_file(), &meta).map_err(|_| NotSaved::Group(like.to_owned()))?;
    new.as_file().set_permissions(meta.permissions()).map_err(failed)?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(failed)?;
    new.persist_noclobber(path).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => NotSaved::Created(path.to_owned()),
        _ => failed(error.error),
    })?;
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| NotSaved::Unsure { path: path.to_owned(), error })
}

/// Prefix of a temporary file.
const PREFIX: &str = ".wardbell-";

/// Suffix of a temporary file.
const SUFFIX: &str = ".new";

/// Removes leftovers of commands that were killed; leftovers that remain do no harm.
fn remove_stale(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())) {
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX)) {
            let _kept = fs::remove_file(entry.path());
        }
    }
}

fn keep_group(new: &File, wanted: &Metadata) -> io::Result<()> {
    if new.metadata()?.gid() == wanted.gid() { Ok(()) } else { fchown(new, None, Some(wanted.gid())) }
}

/// Only root can change a file's owner. Other users need write permission for the old file itself: the folder's would
/// let them replace files that they may not write.
fn keep_owner(new: &File, old: &Path, wanted: &Metadata) -> io::Result<()> {
    if new.metadata()?.uid() == wanted.uid() {
        return Ok(());
    }
    match fchown(new, Some(wanted.uid()), None) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            File::options().write(true).open(old).map(drop)
        }
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_file_behind_a_link_is_replaced_with_its_permissions_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.toml"), folder.path().join("link.toml"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.toml", &link).unwrap();
        replace(&link, Digest::of(b"old"), "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn what_a_killed_edit_left_behind_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.toml", ".wardbell-x7Qd2.new", ".wardbell-notes.txt", "mine.new"] {
            fs::write(at(name), "old").unwrap();
        }
        fs::create_dir(at(".wardbell-folder.new")).unwrap();
        replace(&at("a.toml"), Digest::of(b"old"), "new").unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".wardbell-folder.new", ".wardbell-notes.txt", "a.toml", "mine.new"]);
    }

    #[test]
    fn a_new_file_is_as_open_as_its_neighbor_and_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let (new, like) = (folder.path().join("new.toml"), folder.path().join("like.toml"));
        fs::write(&like, "old").unwrap();
        fs::set_permissions(&like, fs::Permissions::from_mode(0o640)).unwrap();
        create(&new, &like, "mine").unwrap();
        assert_eq!(fs::read_to_string(&new).unwrap(), "mine");
        assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o640);
        let refused = create(&new, &like, "other");
        assert!(matches!(refused, Err(NotSaved::Created(_))), "{refused:?}");
        assert_eq!(fs::read_to_string(&new).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_file_that_has_changed_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.toml");
        fs::write(&file, "newer").unwrap();
        let refused = replace(&file, Digest::of(b"old"), "mine");
        assert!(matches!(refused, Err(NotSaved::Changed(_))), "{refused:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "newer");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
