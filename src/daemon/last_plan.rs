//! What `serve` starts with: the files, or the last valid version if they are broken.

use std::path::Path;

use crate::clock::{Clock, SystemClock, zones};
use crate::config;
use crate::config::last_good;
use crate::config::loaded::Loaded;
use crate::config::start::{Kept, Start};
use crate::diagnostic::Diagnostic;
use crate::domain::digest::Digest;
use crate::journal::folder_upkeep::FolderUpkeep;
use crate::journal::plans::PastPlan;
use crate::journal::upkeep::Upkeep;
use crate::store::start;

/// Chooses what to start with, and returns warnings about the files.
///
/// # Errors
///
/// The files cannot be used and the journal has no earlier plan. Returns what was read.
pub fn choose(config_file: &Path) -> Result<(Start, Vec<Diagnostic>), Box<Loaded>> {
    let today = SystemClock.wall().date_naive();
    config::load_or_kept(config_file, today, &zones::rules(), || kept(config_file))
}

/// What to start with after valid settings failed, for example because an address is not this machine's: the settings
/// of the last successful start, if they differ.
pub fn choose_earlier(config_file: &Path, settings: &str, failed: String) -> Option<Start> {
    let mut kept = kept(config_file)?;
    let now = last_good::without_secrets(settings);
    kept.settings.reverse();
    kept.settings.retain(|text| Some(text) != now.as_ref());
    config::load_earlier(config_file, SystemClock.wall().date_naive(), &zones::rules(), failed, &kept)
}

/// The last plan and settings from the journal and the copies beside it.
fn kept(config_file: &Path) -> Option<Kept> {
    config::state_folders(config_file).iter().find_map(|state| kept_in(config_file, state))
}

fn kept_in(config_file: &Path, state: &Path) -> Option<Kept> {
    let settings = last_good::kept_in(state);
    // The copied settings may point to the journal when the broken file no longer does.
    let led_to = settings.first().and_then(|text| config::store_path_in(config_file, text));
    let folders = [Some(state.to_owned()), led_to];
    let plan = folders.into_iter().flatten().find_map(|folder| last_plan(&folder))?;
    let PastPlan { files, texts, .. } = plan;
    let text = |sha256: &Digest| texts.get(sha256).cloned();
    let texts = files.iter().filter_map(|file| Some((file.path.clone(), text(&file.sha256)?))).collect();
    Some(Kept { files, texts, settings })
}

fn last_plan(state: &Path) -> Option<PastPlan> {
    let (journal, store) = (state.join("journal"), state.join("store"));
    if !journal.exists() && !store.exists() {
        return None;
    }
    FolderUpkeep::new(&journal).last_plan().or_else(|| {
        // What is missing may be in the store, from which the journal is repaired.
        start::open(&journal, &store, SystemClock.wall()).ok()?;
        FolderUpkeep::new(&journal).last_plan()
    })
}
