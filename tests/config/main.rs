//! Every mistake in the files, pinned to the caret.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod amion;
mod asking;
mod calendar;
mod cases;
mod check;
mod daemon;
mod diff;
mod diff_random;
mod effects;
mod decider;
mod good;
mod hints;
mod import_kinds;
mod imports;
mod people;
mod playbooks;
mod policies;
mod privacy_reading;
mod proof;
mod python;
mod robust;
mod rosters;
mod schema;
mod syntax;
mod warnings;
mod watch;
mod window_faults;
mod windows;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use tempfile::TempDir;
use wardbell::config::files::Memory;
use wardbell::config::loaded::{Circumstances, Loaded};
use wardbell::config::loader::load_from;
use wardbell::config::settings::LogFormat;
use wardbell::diagnostic::{Colour, Diagnostic, Severity};
use wardbell::domain::zone::rules::Rules;

/// The files that [`good`] is made of.
const FILES: [&str; 9] = [
    "wardbell.toml",
    "rosters/privacy.toml",
    "rosters/house.toml",
    "playbooks/ladders.toml",
    "playbooks/phi-by-staff.toml",
    "playbooks/unclassified.toml",
    "secrets/twilio",
    "secrets/desk",
    "secrets/operator",
];

/// A small configuration that is right.
fn good() -> Memory {
    let mut files = Memory::default();
    let texts = [
        include_str!("files/wardbell.toml"),
        include_str!("files/privacy.toml"),
        include_str!("files/house.toml"),
        include_str!("files/ladders.toml"),
        include_str!("files/phi-by-staff.toml"),
        include_str!("files/unclassified.toml"),
        "the-gateway's-token\n",
        "0123456789abcdef\n",
        "fedcba9876543210",
    ];
    for (path, text) in FILES.into_iter().zip(texts) {
        files.insert(path, text);
    }
    files
}

/// The good files in a folder, as a machine holds them: the secrets are closed to others.
fn on_disk() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = good();
    for name in FILES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, files.get(name).unwrap()).unwrap();
        if name.starts_with("secrets/") {
            fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
        }
    }
    fs::set_permissions(folder.path().join("secrets"), Permissions::from_mode(0o700)).unwrap();
    folder
}

fn load(files: &Memory) -> Loaded {
    let today = "2026-10-18".parse().unwrap();
    load_from(
        files,
        "wardbell.toml",
        Circumstances { today, log_by_default: LogFormat::Text, rules: Arc::clone(Rules::built_in()) },
    )
}

/// All that is said of the files.
fn said(files: &Memory) -> String {
    let loaded = load(files);
    let hinders = |one: &Diagnostic| one.severity == Severity::Error && !one.code.hinders_no_start();
    assert_eq!(loaded.config.is_none(), loaded.diagnostics.iter().any(hinders));
    loaded.diagnostics.iter().map(|one| one.render(Colour::Plain)).collect::<Vec<_>>().join("\n")
}

/// What is said of the good files after changes of the form (file, old text, new text).
#[track_caller]
fn after(changes: &[(&str, &str, &str)]) -> String {
    let mut files = good();
    for (path, old, new) in changes {
        let text = String::from_utf8(files.get(path).unwrap().to_vec()).unwrap();
        assert!(text.contains(old), "{path} has no {old:?}");
        files.insert(*path, text.replacen(old, new, 1));
    }
    said(&files)
}
