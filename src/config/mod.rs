//! From files to a valid plan and settings, or to diagnostics.
//!
//! Each file is read in two steps: first into raw values with their places (`reader`, `written`), then into valid
//! values. Both report every error and continue, so that one run shows them all.
//!
//! [`edit`] changes a roster's text without touching the rest, and [`import`] makes such changes from the schedules of
//! other systems.

pub mod coverage;
pub mod edit;
pub mod examine;
pub mod import;
pub mod loaded;
pub mod settings;
pub mod start_only;
pub mod start;
pub mod last_good;
pub mod files;
pub mod schema;
mod contact;
mod context;
mod correct;
mod daemon;
mod dates;
mod document;
mod further_numbers;
mod line_fix;
pub mod loader;
mod value_types;
mod diagnostics;
mod people_in_file;
mod playbook;
pub mod policies;
pub mod privacy_reading;
mod reader;
mod roster;
mod spanned;
mod stray;
mod texts;
pub mod zones;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use crate::config::files::{Changed, Files, Folder};
use crate::config::loaded::{Circumstances, Loaded};
use crate::config::loader::load_from;
use crate::config::settings::LogFormat;
use crate::config::settings::NoMasterKeys;
use crate::diagnostic::Diagnostic;
use crate::domain::master_key::MasterKeys;
use crate::domain::zone::rules::Rules;

/// Loads `wardbell.toml` and everything it refers to.
///
/// Secrets are looked up in `$CREDENTIALS_DIRECTORY` first. Logs go to the journal by default if `$JOURNAL_STREAM` shows
/// that systemd is listening.
pub fn load(config_file: &Path, today: NaiveDate, rules: &Arc<Rules>) -> Loaded {
    let (folder, name) = split(config_file);
    load_from(&folder_of(folder), &name, circumstances(today, rules))
}

/// Loads the files as if the one at `path`, relative to the configuration, contained `text`.
pub fn load_changed(config_file: &Path, today: NaiveDate, rules: &Arc<Rules>, path: &str, text: &str) -> Loaded {
    let (folder, name) = split(config_file);
    let folder = folder_of(folder);
    load_from(&Changed { under: &folder, path, text }, &name, circumstances(today, rules))
}

fn folder_of(folder: &Path) -> Folder {
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|path| !path.is_empty()).map(Into::into);
    Folder::new(folder, credentials)
}

fn circumstances(today: NaiveDate, rules: &Arc<Rules>) -> Circumstances {
    let under_journald = std::env::var_os("JOURNAL_STREAM").is_some();
    let log_by_default = if under_journald { LogFormat::Journald } else { LogFormat::Text };
    Circumstances { today, log_by_default, rules: Arc::clone(rules) }
}

/// What is followed while the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The folders whose files make up the plan: those of the configuration, the rosters, and the playbooks.
    pub folders: Vec<PathBuf>,
    /// How often the files are compared with those in force.
    pub poll: Duration,
}

/// What to follow: as in the configuration if it can be read, otherwise the defaults.
pub fn followed(config_file: &Path) -> Followed {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    let main = loader::main(&files, &name);
    let named = main.as_ref().map(|main| [main.rosters().0, main.playbooks().0]);
    let inside = named.unwrap_or([daemon::ROSTERS, daemon::PLAYBOOKS]);
    let mut folders = ["", inside[0], inside[1]].map(|inside| files.resolve(inside)).to_vec();
    // Not every hospital has policies; when their folder is made, the one around it changes.
    folders.extend([folders[2].join(policies::FOLDER)].into_iter().filter(|folder| folder.is_dir()));
    Followed { folders, poll: main.as_ref().map_or_else(daemon::Poll::default, |main| main.poll()).into() }
}

/// What to start with if the configuration files may be broken: see [`start::choose`].
///
/// # Errors
///
/// The errors of the files, if there has never been a usable plan.
pub fn load_or_kept(
    config_file: &Path,
    today: NaiveDate,
    rules: &Arc<Rules>,
    kept: impl FnOnce() -> Option<start::Kept>,
) -> Result<(start::Start, Vec<Diagnostic>), Box<Loaded>> {
    let (folder, name) = split(config_file);
    let (files, circumstances) = (folder_of(folder), circumstances(today, rules));
    let loaded = load_from(&files, &name, circumstances.clone());
    let diagnostics = loaded.diagnostics.clone();
    let kept = if loaded.config.is_none() { kept() } else { None };
    start::choose(loaded, kept.as_ref(), &files, &name, &circumstances).map(|start| (start, diagnostics))
}

/// What to start with after a start with valid settings has failed: see [`start::choose_earlier`].
pub fn load_earlier(
    config_file: &Path,
    today: NaiveDate,
    rules: &Arc<Rules>,
    failed: String,
    kept: &start::Kept,
) -> Option<start::Start> {
    let (folder, name) = split(config_file);
    start::choose_earlier(failed, kept, &folder_of(folder), &name, &circumstances(today, rules))
}

/// The folders that may contain the record, even if the configuration file is broken or missing: `store.path` if it can
/// be read, the state folder from systemd, and the default.
pub fn state_folders(config_file: &Path) -> Vec<PathBuf> {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    let named = loader::main(&files, &name).and_then(|main| main.named_store_path().map(|path| files.resolve(path)));
    let given = state_directory();
    named.into_iter().chain(given).chain([PathBuf::from(daemon::STORE_PATH)]).collect()
}

/// The state folder that systemd gives a service.
pub fn state_directory() -> Option<PathBuf> {
    let all = std::env::var("STATE_DIRECTORY").ok()?;
    all.split(':').next().filter(|first| !first.is_empty()).map(PathBuf::from)
}

/// The folder of the record, from the text of the settings.
pub fn store_path_in(config_file: &Path, settings: &str) -> Option<PathBuf> {
    let (folder, name) = split(config_file);
    let under = Folder::new(folder, None);
    let files = Changed { under: &under, path: &name, text: settings };
    loader::main(&files, &name).map(|main| under.resolve(main.store_path()))
}

/// The listen address, from a readable configuration file; rosters may be broken and secrets missing.
pub fn listen(config_file: &Path) -> Option<SocketAddr> {
    let (folder, name) = split(config_file);
    loader::main(&Folder::new(folder, None), &name).map(|main| main.listen())
}

/// The folder of the record, from a readable configuration file; rosters may be broken and secrets missing.
pub fn store_path(config_file: &Path) -> Option<PathBuf> {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    loader::main(&files, &name).map(|main| files.resolve(main.store_path()))
}

/// The data keys and what opens them, from a readable configuration file.
#[derive(Debug)]
pub struct Encryption {
    pub keys_path: PathBuf,
    /// The master keys, or what is wrong with their file.
    pub master_keys: Result<MasterKeys, NoMasterKeys>,
}

/// The contents of `[encryption]`, from a readable configuration file; rosters may be broken and other secrets missing.
pub fn encryption(config_file: &Path) -> Option<Encryption> {
    let (folder, name) = split(config_file);
    let files = folder_of(folder);
    let main = loader::main(&files, &name)?;
    let raw = main.encryption()?;
    let keys_path = files.resolve(&raw.folder(main.store_path()));
    Some(Encryption { keys_path, master_keys: raw.master_keys(&files) })
}

fn split(config_file: &Path) -> (&Path, String) {
    let folder = config_file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, config_file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}
