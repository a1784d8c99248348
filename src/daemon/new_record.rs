//! Detects a start that creates a new record although another one exists.
//!
//! `[store] path` may have changed, or its disk may not be mounted. Then no one is paged about the incidents in the old
//! record, and nothing else would report it.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::config;
use crate::config::last_good;
use crate::config::start::Start;
use crate::journal::place;
use crate::journal::segment::{self, Segment};

/// The most folder entries to look at, to keep startup fast.
const ENTRIES_MAX: usize = 1_000;

/// Adds the evidence of another record to a start that creates a new one.
pub fn noted(config_file: &Path, start: Start) -> Start {
    let path = &start.config.settings.store_path;
    if !is_new(path) {
        return start;
    }
    let other_record = evidence(config_file, path);
    if other_record.is_none() {
        tracing::warn!(
            "starting a new record in {}. If you expected an existing one, stop Wardbell and correct `path` under \
             `[store]`",
            path.display()
        );
    }
    Start { other_record, ..start }
}

/// Whether the daemon would create a new record there.
fn is_new(path: &Path) -> bool {
    let has_store = fs::read_dir(path.join("store")).is_ok_and(|mut entries| entries.next().is_some());
    !has_store && newest_segment(path).is_none()
}

fn evidence(config_file: &Path, path: &Path) -> Option<String> {
    let states = config::state_folders(config_file);
    let before = states.iter().flat_map(|state| last_good::kept_in(state));
    let before: Vec<PathBuf> = before.filter_map(|text| config::store_path_in(config_file, &text)).collect();
    let new = path.display();
    let other = before.iter().cloned().chain(states).chain(around(path)).find(|other| is_record_of_nobody(other, path));
    let (what, do_this) = if let Some(other) = other {
        let since = changed(&other).map(|at| format!(", last written {}", at.format("%Y-%m-%d %H:%M UTC")));
        let what = format!("but there is another one in {}{}", other.display(), since.unwrap_or_default());
        (what, "correct `path` under `[store]` in wardbell.toml")
    } else if before.iter().any(|before| is_same(before, path)) {
        ("where the previous one is missing".to_owned(), "mount its disk, put the record back, or restore a backup")
    } else {
        let before = before.first()?;
        let what = format!("but the previous start used {}, where there is none now", before.display());
        (what, "correct `path` under `[store]` in wardbell.toml and mount its disk, or restore a backup")
    };
    Some(format!(
        "Wardbell started a new record in {new}, {what}. No one is paged about incidents in the old record. Stop \
         Wardbell, {do_this}, and start it again. If you meant to start over, resolve this incident."
    ))
}

/// Nearby folders that may hold a record: the parent, its siblings, and its subfolders.
fn around(path: &Path) -> Vec<PathBuf> {
    let outer = segment::parent(path);
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().take(ENTRIES_MAX);
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|inner| inner.is_dir()).collect::<Vec<_>>()
    };
    let mut beside = inside(outer);
    beside.sort_unstable();
    std::iter::once(outer.to_owned()).chain(beside).chain(inside(path)).collect()
}

/// Whether a folder holds another record that no daemon is using.
fn is_record_of_nobody(other: &Path, path: &Path) -> bool {
    !is_same(other, path) && newest_segment(other).is_some() && !place::is_held(other)
}

fn changed(record: &Path) -> Option<DateTime<Utc>> {
    let written = fs::metadata(newest_segment(record)?.path).ok()?.modified().ok()?;
    Some(written.into())
}

/// The last file of a folder's record that holds anything.
fn newest_segment(path: &Path) -> Option<Segment> {
    let mut segments = Segment::list(&path.join("journal")).ok()?;
    segments.retain(|segment| fs::metadata(&segment.path).is_ok_and(|file| file.len() > 0));
    segments.pop()
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}
