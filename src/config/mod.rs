//! From files to a valid plan and settings, or to everything that is wrong with them.
//!
//! Each file is read twice over: first to what was written, each value with its place (`reader`, `written`), then to
//! what is valid. Both record every mistake and go on, so that one run shows them all.
//!
//! [`edit`] changes a roster's text without touching the rest of it, and [`import`] makes such changes of the schedules of
//! other systems.

pub mod coverage;
pub mod edit;
pub mod import;
pub mod settings;
pub mod start_only;
pub mod files;
pub mod schema;
mod contact;
mod context;
mod daemon;
mod document;
mod gather;
mod kinds;
mod mistakes;
mod playbook;
mod reader;
mod roster;
mod texts;
mod zones;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::config::files::{Changed, Files, Folder};
use crate::config::mistakes::Mistakes;
use crate::config::settings::{LogFormat, Settings};
use crate::config::texts::Texts;
use crate::diagnostic::{Code, Diagnostic, Severity, Source, Spot};
use crate::domain::card::Senders;
use crate::domain::master_key::MasterKeys;
use crate::domain::plan::Plan;
use crate::domain::zone::rules::Rules;

/// All that the files say, valid as a whole.
#[derive(Debug)]
pub struct Config {
    /// What the daemon needs to run.
    pub settings: Settings,
    /// Rosters and playbooks.
    pub plan: Plan,
}

/// What came of reading the files.
#[derive(Debug)]
pub struct Loaded {
    /// Set exactly when no diagnostic is an error.
    pub config: Option<Config>,
    /// Everything that is wrong, by file and line.
    pub diagnostics: Vec<Diagnostic>,
    /// Where pages come from, as far as it could be understood.
    pub senders: Senders,
    /// How many rosters there are, valid or not.
    pub rosters: usize,
    /// How many playbooks there are, valid or not.
    pub playbooks: usize,
    plan_alone: Option<Plan>,
    texts: Texts,
}

impl Loaded {
    /// The plan; also there when nothing is wrong but secrets that are not at hand, which planning needs none of.
    pub fn plan(&self) -> Option<&Plan> {
        self.config.as_ref().map(|config| &config.plan).or(self.plan_alone.as_ref())
    }

    /// The same for keeping.
    pub fn into_plan(self) -> Option<Plan> {
        self.config.map(|config| config.plan).or(self.plan_alone)
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    /// Every error as one line without the source, fit for a log.
    pub fn error_lines(&self) -> Vec<String> {
        let errors = self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        errors.map(ToString::to_string).collect()
    }

    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

/// What decides the reading beside the files.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The day that reviews are due by.
    pub today: NaiveDate,
    /// How to log, unless the file says otherwise.
    pub log_by_default: LogFormat,
    /// The time zones that rosters may name.
    pub rules: Arc<Rules>,
}

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

/// Reads the file of that name and all that it leads to, from wherever the files are.
pub fn load_from(files: &dyn Files, name: &str, circumstances: Circumstances) -> Loaded {
    let mistakes = Mistakes::default();
    let gathered = gather::gather(files, name, circumstances, &mistakes);
    let only_secrets = !mistakes.any(|one| one.severity == Severity::Error && !one.code.is_of_secret());
    let is_valid = !mistakes.any(|one| one.severity == Severity::Error && !one.code.hinders_no_start());
    let (settings, plan) = (gathered.settings, gathered.plan.filter(|_| only_secrets));
    let (config, plan_alone) = match (settings, plan) {
        (Some(settings), Some(plan)) if is_valid => (Some(Config { settings, plan }), None),
        (_, plan) => (None, plan),
    };
    if config.is_none() && is_valid {
        let spot = Spot::start_of(&Source::unread(name));
        mistakes.error(Code::UnreadableFile, &spot, "the files cannot be used, and no check says why: this is a bug");
    }
    Loaded {
        config,
        diagnostics: mistakes.into_sorted(),
        senders: gathered.senders,
        rosters: gathered.rosters,
        playbooks: gathered.playbooks,
        plan_alone,
        texts: gathered.texts,
    }
}
