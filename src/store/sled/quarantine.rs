//! Stores that were moved away because they were broken or had another layout. They are kept for a while because they
//! may contain lines that the journal has lost.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::store::error::Trouble;
use crate::store::sled::tree::Place;

/// How many stores that were set aside to keep for investigation.
const SET_ASIDE_KEPT: usize = 3;

/// Moves a database away, under a name with the date, and keeps only the latest few.
///
/// # Errors
///
/// [`Trouble::Disk`].
pub fn quarantined(place: &Place, now: DateTime<Utc>) -> Result<PathBuf, Trouble> {
    let folder = match place {
        Place::Folder(folder) => folder,
        Place::Memory(memory) => {
            memory.quarantined();
            return Ok(PathBuf::from("memory"));
        }
    };
    let disk = |error: io::Error| Trouble::Disk(error.to_string());
    let stem = format!("{}{}", prefix(folder), now.format("%Y%m%dT%H%M%SZ"));
    let numbered = (1..).map(|number| if number == 1 { stem.clone() } else { format!("{stem}-{number}") });
    let target = numbered.map(|name| folder.with_file_name(name)).find(|path| !path.exists());
    let target = target.unwrap_or_else(|| folder.with_file_name(&stem));
    fs::rename(folder, &target).map_err(disk)?;
    for surplus in all(folder).map_err(disk)?.iter().skip(SET_ASIDE_KEPT) {
        fs::remove_dir_all(surplus).map_err(disk)?;
    }
    Ok(target)
}

/// All stores set aside for a folder, latest first.
///
/// # Errors
///
/// Any I/O error.
pub fn all(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = prefix(folder);
    let is_one = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix));
    let beside = fs::read_dir(folder.parent().unwrap_or(Path::new(".")))?;
    let mut found: Vec<PathBuf> = beside.flatten().map(|entry| entry.path()).filter(is_one).collect();
    found.sort_by(|one, other| other.cmp(one));
    Ok(found)
}

/// The common prefix of their names.
pub fn prefix(folder: &Path) -> String {
    format!("{}.set-aside-", folder.file_name().unwrap_or_default().to_string_lossy())
}
