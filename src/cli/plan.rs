//! Shared by the planning commands: the plan from the files, without secrets.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::check;
use crate::cli::exit::Ending;
use crate::cli::format::Format;
use crate::clock::{Clock, SystemClock, zones};
use crate::config;
use crate::domain::card::Senders;
use crate::domain::plan::Plan;
use crate::domain::roster::on_call::Why;

/// Reads the plan; secret files may be missing.
///
/// # Errors
///
/// The files are not valid; every error is printed.
pub fn plan(config_file: &Path) -> Result<Plan> {
    read(config_file).map(|(plan, _)| plan)
}

/// Reads the plan and the senders of pages; secret files may be missing.
///
/// # Errors
///
/// The files are not valid; every error is printed.
pub fn read(config_file: &Path) -> Result<(Plan, Senders)> {
    let loaded = config::load(config_file, SystemClock.wall().date_naive(), &zones::rules());
    if let Some(plan) = loaded.plan() {
        return Ok((plan.clone(), loaded.senders.clone()));
    }
    check::write(&loaded, Format::Text, &mut anstream::stderr())?;
    Err(Ending::unusable(format!("cannot use {}", config_file.display())).into())
}

/// The file, line, and rule that chose a person.
pub fn why(why: &Why) -> Value {
    let mut told = json!({ "file": why.place.file, "line": why.place.line, "rule": why.rule });
    if let Some(window) = &why.window {
        told["window"] = json!(window);
    }
    told
}
