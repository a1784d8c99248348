//! `wardbell purge`: destroys the keys of a closed incident.

use std::io::{IsTerminal, Write, stdin};
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::{Ending, Exit};
use crate::cli::list::text;
use crate::domain::count::count;
use crate::domain::id::IncidentId;

#[derive(Debug, Args)]
pub struct Purge {
    /// Reference, such as 7Q2K9MXD; the incident must be resolved.
    id: IncidentId,
    /// Do not prompt for confirmation.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    access: Access,
}

/// Permanently destroys the text and notes of an incident.
///
/// # Errors
///
/// The daemon cannot be reached or refuses.
pub fn purge(config_file: &Path, args: &Purge) -> Result<Exit> {
    if !args.yes && !is_confirmed(args.id)? {
        return Ok(Exit::No);
    }
    let client = Client::new(config_file, &args.access)?;
    let path = format!("/api/v1/incidents/{}/purge", args.id);
    let answer = converse(client.ask(Method::POST, &path, None))?;
    let (id, at) = (args.id, text(&answer, "purged_at"));
    let left = answer.get("left_in_plain_words").and_then(Value::as_u64).unwrap_or_default();
    if left == 0 {
        writeln!(anstream::stdout(), "{id} was purged at {at}: its text can no longer be read")?;
        return Ok(Exit::Fine);
    }
    writeln!(anstream::stdout(), "{id} was purged at {at}: its encrypted text can no longer be read")?;
    let (records, are) = (count(left, "record"), if left == 1 { "is" } else { "are" });
    let warning = format!("warning: {records} of this incident {are} not encrypted; only retention removes them");
    writeln!(anstream::stderr(), "{warning}")?;
    Ok(Exit::Fine)
}

fn is_confirmed(id: IncidentId) -> Result<bool> {
    if !stdin().is_terminal() {
        return Err(Ending::usage("cannot prompt; add `--yes` to confirm").into());
    }
    let mut out = anstream::stderr();
    writeln!(out, "This permanently destroys the text and notes of {id}, in every backup too. It cannot be undone.")?;
    write!(out, "Type the reference to confirm: ")?;
    out.flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    let is_same = typed.trim().parse() == Ok(id);
    if !is_same {
        writeln!(out, "nothing was destroyed")?;
    }
    Ok(is_same)
}
