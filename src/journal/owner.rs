//! Whose files are that commands make: root's commands work in the folders of the daemon's own user, who must be able to
//! open what they leave there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::path::Path;

/// Gives a new file, or folder, to the owner and group of the folder that it stands in. Only root gives files away: others
/// keep what they make, and nobody is told.
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

/// The same for a folder with all that is in it.
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
