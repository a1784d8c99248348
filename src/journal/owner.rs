//! Ownership of files created by commands: root's commands work in folders of the daemon's user, who must be able to
//! open the files they create there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::path::Path;

/// Gives a new file or folder to the owner and group of its parent folder. Only root can do this; for other users
/// nothing changes, without an error.
pub fn hand_over(made: &File, folder: &Path) {
    let give = || -> io::Result<()> {
        let (made_by, of) = (made.metadata()?, fs::metadata(here(folder))?);
        if (made_by.uid(), made_by.gid()) == (of.uid(), of.gid()) {
            return Ok(());
        }
        fchown(made, Some(of.uid()), Some(of.gid()))
    };
    let _at_best = give();
}

/// The same for a folder and everything in it.
pub fn hand_over_all(made: &Path) {
    let give = || -> io::Result<()> {
        let (made_by, of) = (fs::symlink_metadata(made)?, fs::metadata(here(made.parent().unwrap_or(made)))?);
        if (made_by.uid(), made_by.gid()) != (of.uid(), of.gid()) {
            lchown(made, Some(of.uid()), Some(of.gid()))?;
        }
        if made_by.is_dir() {
            fs::read_dir(made)?.filter_map(Result::ok).for_each(|entry| hand_over_all(&entry.path()));
        }
        Ok(())
    };
    let _at_best = give();
}

fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}
