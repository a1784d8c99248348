//! `wardbell purge`: destroys the keys of a closed incident's words.

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

/// Which incident.
#[derive(Debug, Args)]
pub struct Purge {
    /// Its reference, such as 7Q2K9MXD; it must be resolved.
    id: IncidentId,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    access: Access,
}

/// Destroys what a source sent and people noted of an incident, for good.
///
/// # Errors
///
/// The daemon cannot be reached, or refuses.
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
        writeln!(anstream::stdout(), "{id} was purged at {at}: nobody can read its words any more")?;
        return Ok(Exit::Fine);
    }
    writeln!(anstream::stdout(), "{id} was purged at {at}: nobody can read any more what was sealed")?;
    let left = count(left, "record");
    writeln!(
        anstream::stderr(),
        "warning: {left} of it had been written in plain words, without encryption: retention alone removes those"
    )?;
    Ok(Exit::Fine)
}

fn is_confirmed(id: IncidentId) -> Result<bool> {
    if !stdin().is_terminal() {
        return Err(Ending::usage("nobody can be asked here: give `--yes` if its words are to be destroyed").into());
    }
    let mut out = anstream::stderr();
    writeln!(out, "What was sent and noted about {id} will be destroyed, in every backup too. This cannot be undone.")?;
    write!(out, "Type its reference to go on: ")?;
    out.flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    let is_same = typed.trim().parse() == Ok(id);
    if !is_same {
        writeln!(out, "nothing was destroyed")?;
    }
    Ok(is_same)
}
