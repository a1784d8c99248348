//! From files to a valid plan and settings, or to everything that is wrong with them.
//!
//! Each file is read twice over: first to what was written, each value with its place (`reader`, `written`), then to
//! what is valid. Both record every mistake and go on, so that one run shows them all.
//!
//! [`edit`] changes a roster's text without touching the rest of it, and [`import`] makes such changes of the schedules of
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
mod daemon;
mod document;
pub mod gather;
mod kinds;
mod mistakes;
mod playbook;
mod reader;
mod roster;
mod stray;
mod texts;
pub mod zones;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::files::{Changed, Files, Folder};
use crate::config::gather::load_from;
use crate::config::loaded::{Circumstances, Loaded};
use crate::config::settings::LogFormat;
use crate::diagnostic::Diagnostic;
use crate::domain::master_key::MasterKeys;
use crate::domain::zone::rules::Rules;

/// Reads `wardbell.toml` and all that it leads to.
///
/// Secrets are looked for in `$CREDENTIALS_DIRECTORY` first; logs go to the journal by default if `$JOURNAL_STREAM` says
/// that systemd listens.
pub fn load(config_file: &Path, today: NaiveDate, rules: &Arc<Rules>) -> Loaded {
    let (folder, name) = split(config_file);
    load_from(&folder_of(folder), &name, circumstances(today, rules))
}

/// The same as if the file at `path`, relative to the configuration, held that text.
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

/// The folders whose files decide the plan: that of the configuration file, of the rosters and of the playbooks.
///
/// Those that the file names if it can be read, else the usual ones.
pub fn folders(config_file: &Path) -> Vec<PathBuf> {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    gather::folders(&files, &name).iter().map(|inside| files.resolve(inside)).collect()
}

/// What may be started with, where the files of a configuration may be broken: see [`start::choose`].
///
/// # Errors
///
/// What the files say, where there has never been a plan that could be used.
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

/// The same where a start with valid settings has failed: see [`start::choose_earlier`].
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

/// The folders in which a daemon's record may be, where the configuration file may be broken or gone: the `path` of its
/// `[store]` if so much can be read, the one that systemd names, and the usual one.
pub fn state_folders(config_file: &Path) -> Vec<PathBuf> {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    let named = gather::main(&files, &name).and_then(|main| main.named_store_path().map(|path| files.resolve(path)));
    let given = state_directory();
    named.into_iter().chain(given).chain([PathBuf::from(daemon::STORE_PATH)]).collect()
}

/// The folder that systemd gives a service for its state.
pub fn state_directory() -> Option<PathBuf> {
    let all = std::env::var("STATE_DIRECTORY").ok()?;
    all.split(':').next().filter(|first| !first.is_empty()).map(PathBuf::from)
}

/// Where the record is, by a text of the settings.
pub fn store_path_in(config_file: &Path, settings: &str) -> Option<PathBuf> {
    let (folder, name) = split(config_file);
    let under = Folder::new(folder, None);
    let files = Changed { under: &under, path: &name, text: settings };
    gather::main(&files, &name).map(|main| under.resolve(main.store_path()))
}

/// Where the daemon listens, by a configuration file that can be read; rosters may be broken, and secrets not at hand.
pub fn listen(config_file: &Path) -> Option<SocketAddr> {
    let (folder, name) = split(config_file);
    gather::main(&Folder::new(folder, None), &name).map(|main| main.listen())
}

/// Where the daemon keeps its record, by a configuration file that can be read; rosters may be broken, and secrets not at
/// hand.
pub fn store_path(config_file: &Path) -> Option<PathBuf> {
    let (folder, name) = split(config_file);
    let files = Folder::new(folder, None);
    gather::main(&files, &name).map(|main| files.resolve(main.store_path()))
}

/// Where the data keys are and what opens them, by a configuration file that can be read.
#[derive(Debug)]
pub struct Encryption {
    /// The folder of the data keys.
    pub keys_path: PathBuf,
    /// The master keys, or what is wrong with their file.
    pub master_keys: Result<MasterKeys, String>,
}

/// What `[encryption]` says, by a configuration file that can be read; rosters may be broken, and other secrets not at hand.
pub fn encryption(config_file: &Path) -> Option<Encryption> {
    let (folder, name) = split(config_file);
    let files = folder_of(folder);
    let main = gather::main(&files, &name)?;
    let written = main.encryption()?;
    let keys_path = files.resolve(&written.folder(main.store_path()));
    Some(Encryption { keys_path, master_keys: written.master_keys(&files) })
}

fn split(config_file: &Path) -> (&Path, String) {
    let folder = config_file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder, config_file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}
