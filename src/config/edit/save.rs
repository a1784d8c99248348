//! Writes an edited file so that at every instant either the old or the new one is there, whole.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use crate::domain::digest::Digest;

/// Why a file was not written; the one before is still there as it was, but for [`Unsure`](Self::Unsure).
#[derive(Debug, thiserror::Error)]
pub enum NotSaved {
    /// Somebody else has written it since it was read.
    #[error("{} has changed since it was read: run the command again", .0.display())]
    Changed(PathBuf),
    /// Its group cannot be kept, and whoever reads it by that group, as the daemon does, could not any more.
    #[error("{} belongs to a group that you are not in: run the command as its owner, or join that group", .0.display())]
    Group(PathBuf),
    /// It is another user's, and does not let this one write.
    #[error("{} belongs to another user and you may not write it: run the command as its owner", .0.display())]
    Owner(PathBuf),
    /// It is written, but may be the one before again after a power cut.
    #[error("{} is changed, but the disk does not confirm it: {error}", path.display())]
    Unsure {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The disk or the folder refuses.
    #[error("{} cannot be written: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Replaces the file that had the digest `read`. A link is followed; group and permissions are kept, and the owner where
/// the system lets that be: the file of another user, written by its group's leave, belongs to whoever wrote it last.
///
/// # Errors
///
/// The file has changed meanwhile, its group cannot be kept, it must not be written, or the disk refuses.
pub fn replace(path: &Path, read: Digest, text: &str) -> Result<(), NotSaved> {
    let failed = |error| NotSaved::Io { path: path.to_owned(), error };
    let target = fs::canonicalize(path).map_err(failed)?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    let folder_file = File::open(folder).map_err(failed)?;
    let meta = fs::metadata(&target).map_err(failed)?;
    // Of two commands at once the second sees what the first wrote. Where a file system knows no locks, and with editors,
    // only the look at the file right before it is replaced is left.
    let locked = folder_file.lock();
    if locked.is_ok() {
        // Whoever holds the lock is alone: such a file is of a command that was killed.
        remove_stale(folder);
    }
    // Its name keeps readers off: only files whose names end in `.toml` are rosters.
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

/// How the name of a file begins that is still being written.
const PREFIX: &str = ".wardbell-";

/// How it ends.
const SUFFIX: &str = ".new";

/// Takes away what commands that were killed have left behind; what cannot be taken away does no harm.
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

/// Only root gives files away. Others need the old file's own leave to write, since the folder's alone would let them
/// replace what its permissions keep from them.
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
