//! What a daemon starts with: its files, or the last good ones if they are broken.
//!
//! A daemon that has a record always starts and pages. This module decides from the files, the last plan in the record,
//! and the saved copies of the settings.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use crate::config::files::Files;
use crate::config::loaded::{Circumstances, Config, Loaded};
use crate::config::loader::load_from;
use crate::diagnostic::{Diagnostic, Severity};
use crate::domain::plan::PlanFile;

/// The last good plan and settings.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The files of the last plan in the record, by path.
    pub files: Vec<PlanFile>,
    /// The texts of its rosters, playbooks, and ladders, by path.
    pub texts: BTreeMap<String, Box<str>>,
    /// Copies of good settings, the best first.
    pub settings: Vec<String>,
}

/// What a daemon starts with.
#[derive(Debug)]
pub struct Start {
    pub config: Config,
    pub origin: Origin,
    /// The errors in the files.
    pub errors: Vec<Diagnostic>,
    /// Why a start with the settings in the file failed, if it did.
    pub failed: Option<String>,
    /// Evidence that there was a record before this new one, if there is any.
    pub other_record: Option<String>,
    /// The text of the settings in use.
    pub settings: String,
}

/// The source of settings and plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Everything from the files.
    Files,
    /// Settings from their file, rosters and playbooks from the record.
    RecordedPlan,
    /// Settings from a saved copy, rosters and playbooks from the record.
    LastGoodSettings,
}

impl Start {
    /// A start with the present files.
    pub fn of(config: Config, settings: String, errors: Vec<Diagnostic>) -> Self {
        Self { config, origin: Origin::Files, errors, failed: None, other_record: None, settings }
    }
}

/// Chooses what to start with: the files if they are usable, without the parts whose secrets are missing; otherwise the
/// last plan in the record as a whole, with the present settings or, if those are broken, a saved copy.
///
/// # Errors
///
/// The errors of the files, if there has never been a usable plan.
pub fn choose(
    mut loaded: Loaded,
    kept: Option<&Kept>,
    files: &dyn Files,
    name: &str,
    circumstances: &Circumstances,
) -> Result<Start, Box<Loaded>> {
    let text = loaded.settings_text();
    if let Some(config) = loaded.config.take() {
        return Ok(Start::of(config, text, Vec::new()));
    }
    let Some(kept) = kept else { return Err(Box::new(loaded)) };
    let errors = || loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error).cloned().collect();
    if loaded.lacks_secrets_alone() {
        let errors = errors();
        return match loaded.understood.take() {
            Some(config) => Ok(Start::of(config, text, errors)),
            None => Err(Box::new(loaded)),
        };
    }
    let as_of =
        |settings: Option<&str>| load_from(&Recorded { files, name, settings, kept }, name, circumstances.clone());
    let candidates = || std::iter::once(None).chain(kept.settings.iter().map(|text| Some(text.as_str())));
    let sound = candidates().find_map(|settings| {
        let loaded = as_of(settings);
        let is_usable = loaded.config.is_some() || loaded.lacks_secrets_alone();
        Some((settings, loaded.config.or(loaded.understood).filter(|_| is_usable)?))
    });
    // A later version may reject what was valid when it was recorded; it is used for paging anyway.
    let understood = || {
        candidates().find_map(|settings| {
            let loaded = as_of(settings);
            Some((settings, loaded.config.or(loaded.understood)?))
        })
    };
    let Some((settings, mut config)) = sound.or_else(understood) else { return Err(Box::new(loaded)) };
    let origin = if settings.is_some() { Origin::LastGoodSettings } else { Origin::RecordedPlan };
    if settings.is_some() {
        name_kept_settings(&mut config, kept, name);
    }
    let settings = settings.map_or(text, str::to_owned);
    Ok(Start { config, origin, errors: errors(), failed: None, other_record: None, settings })
}

/// Chooses after a start with valid settings has failed, as with an address of another machine: the first saved copy of the
/// settings that works.
pub fn choose_earlier(
    failed: String,
    kept: &Kept,
    files: &dyn Files,
    name: &str,
    circumstances: &Circumstances,
) -> Option<Start> {
    kept.settings.iter().find_map(|text| {
        let recorded = Recorded { files, name, settings: Some(text), kept };
        let loaded = load_from(&recorded, name, circumstances.clone());
        let mut config = loaded.config.or(loaded.understood.filter(|_| loaded.lacks_secrets_alone))?;
        name_kept_settings(&mut config, kept, name);
        let (origin, failed) = (Origin::LastGoodSettings, Some(failed.clone()));
        let settings = text.clone();
        Some(Start { config, origin, errors: Vec::new(), failed, other_record: None, settings })
    })
}

/// Uses the digest of the settings in the record, of which the copy is only a part.
fn name_kept_settings(config: &mut Config, kept: &Kept, name: &str) {
    let Some(recorded) = kept.files.iter().find(|file| file.path == name) else { return };
    let builtin = config.plan.files.iter_mut().filter(|file| file.path == name);
    builtin.for_each(|file| file.clone_from(recorded));
}

/// Rosters and playbooks from the record, secrets from disk.
struct Recorded<'a> {
    files: &'a dyn Files,
    name: &'a str,
    /// If `None`, the settings come from their file.
    settings: Option<&'a str>,
    kept: &'a Kept,
}

impl Files for Recorded<'_> {
    fn list_ending(&self, folder: &str, ending: &str) -> io::Result<Vec<String>> {
        let inside = self.kept.texts.keys().filter_map(|path| path.strip_prefix(folder)?.strip_prefix('/'));
        let names: Vec<String> =
            inside.filter(|name| !name.contains('/') && name.ends_with(ending)).map(str::to_owned).collect();
        if names.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(names) }
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let settings = self.settings.filter(|_| path == self.name);
        let kept = || self.kept.texts.get(path).map(AsRef::as_ref);
        match settings.or_else(kept) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.files.read(path),
        }
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.files.resolve(path)
    }

    fn secret_paths(&self, name: &str) -> Vec<String> {
        self.files.secret_paths(name)
    }

    fn is_open_to_all(&self, path: &str) -> bool {
        self.files.is_open_to_all(path)
    }
}
