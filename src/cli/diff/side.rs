//! One of the two versions to compare: a file, a folder, or a git revision.

use std::path::Path;

use anyhow::Result;
use chrono::NaiveDate;

use crate::cli::check;
use crate::cli::diff::revision::Revision;
use crate::cli::exit::Ending;
use crate::cli::format::Format;
use crate::clock::zones;
use crate::config::loaded::{Circumstances, Loaded};
use crate::config::settings::LogFormat;
use crate::config::{self, loader};
use crate::domain::plan::Plan;

/// The configuration file of a folder.
const FILE_NAME: &str = "wardbell.toml";

/// Reads the plan of a version; secret files may be missing.
///
/// # Errors
///
/// The version is not found or not valid; every error is printed.
pub fn read(version: &str, config_file: &Path, today: NaiveDate) -> Result<Plan> {
    let path = Path::new(version);
    let loaded = if path.is_dir() {
        config::load(&path.join(FILE_NAME), today, &zones::rules())
    } else if path.exists() {
        config::load(path, today, &zones::rules())
    } else {
        of_revision(version, config_file, today)?
    };
    if let Some(plan) = loaded.plan() {
        return Ok(plan.clone());
    }
    check::write(&loaded, Format::Text, &mut anstream::stderr())?;
    Err(Ending::unusable(format!("cannot use the version `{version}`. Fix the errors above in it")).into())
}

fn of_revision(version: &str, config_file: &Path, today: NaiveDate) -> Result<Loaded> {
    let name = config_file.file_name().map_or_else(|| FILE_NAME.into(), |name| name.to_string_lossy().into_owned());
    let revision = Revision::find(version, config_file)?;
    let circumstances = Circumstances { today, log_by_default: LogFormat::Text, rules: zones::rules() };
    Ok(loader::load_from(&revision, &name, circumstances))
}
