//! `wardbell compact`: rebuilds the store from the record, through the daemon if one runs.

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

/// Even a store of many years is rebuilt within this time.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3_600);

#[derive(Debug, Args)]
pub struct Compact {
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon to rebuild its store, or rebuilds it directly if no daemon runs.
///
/// # Errors
///
/// The daemon refuses, or the store cannot be rebuilt; the old store is kept.
pub fn compact(config_file: &Path, args: &Compact) -> Result<Exit> {
    let unusable = || Ending::silent(config_file, "`store.path`");
    let path = config::store_path(config_file).ok_or_else(unusable)?;
    let (journal, folder) = (path.join("journal"), path.join("store"));
    if !journal.is_dir() {
        return Err(Ending::no(format!("no record in {}", journal.display())).into());
    }
    let (answer, by) = match lock(&journal) {
        Ok(held) => {
            drop(held);
            let done = store::compact(&journal, &folder).map_err(|error| Ending::no(error.to_string()))?;
            hand_over_all(&folder);
            (json!({ "before": done.before, "after": done.after, "records": done.records }), "no daemon was running")
        }
        Err(OpenError::InUse(_)) => {
            let client = Client::new(config_file, &args.access)?.patient(ANSWERED_WITHIN);
            (converse(client.ask(Method::POST, "/api/v1/compact", None))?, "the daemon kept running")
        }
        Err(error) => return Err(Ending::unusable(error.to_string()).into()),
    };
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    writeln!(out, "rebuilt the store from {}; {by}", count(number("records"), "record"))?;
    writeln!(out, "{} bytes before, {} bytes after", number("before"), number("after"))?;
    Ok(Exit::Fine)
}
