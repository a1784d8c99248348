//! `wardbell compact`: the store rebuilt from the record, through the daemon that runs, or without one.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::config;
use crate::domain::count::count;
use crate::journal::error::OpenError;
use crate::journal::owner::hand_over_all;
use crate::journal::place::lock;
use crate::store::sled::compact as store;

/// A store of many years is rebuilt well within this.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3_600);

/// Whom to ask, and how to tell the answer.
#[derive(Debug, Args)]
pub struct Compact {
    #[command(flatten)]
    access: Access,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon to rebuild its store, or does it itself where none runs.
///
/// # Errors
///
/// The daemon says no, or the store cannot be rebuilt: it stays as it is then.
pub fn compact(config_file: &Path, args: &Compact) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "where the record is");
    let path = config::store_path(config_file).ok_or_else(unusable)?;
    let (journal, folder) = (path.join("journal"), path.join("store"));
    if !journal.is_dir() {
        return Err(Ending::no(format!("there is no record in {}", journal.display())).into());
    }
    let (answer, by) = match lock(&journal) {
        Ok(held) => {
            drop(held);
            let done = store::compact(&journal, &folder).map_err(|error| Ending::no(error.to_string()))?;
            hand_over_all(&folder);
            (json!({ "before": done.before, "after": done.after, "records": done.records }), "no daemon runs on it")
        }
        Err(OpenError::InUse(_)) => {
            let client = Client::new(config_file, &args.access)?.patient(ANSWERED_WITHIN);
            (converse(client.ask(Method::POST, "/api/v1/compact", None))?, "the daemon went on meanwhile")
        }
        Err(error) => return Err(Ending::unusable(error.to_string()).into()),
    };
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    writeln!(out, "the store was rebuilt from {}; {by}", count(number("records"), "record"))?;
    writeln!(out, "{} bytes before, {} now", number("before"), number("after"))?;
    Ok(Exit::Fine)
}
