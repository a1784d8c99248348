//! `wardbell sessions`: who is signed in, and ending that.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::domain::count::count;
use crate::domain::person_id::PersonId;

#[derive(Debug, Subcommand)]
pub enum Sessions {
    /// List everyone who is signed in. Needs `audit`.
    List(SessionList),
    /// End all sessions of a person now. Needs `admin`.
    End(SessionEnding),
}

#[derive(Debug, Args)]
pub struct SessionList {
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
pub struct SessionEnding {
    /// Id of the person, as `wardbell sessions list` shows it, such as m-rivera.
    person: PersonId,
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Lists or ends sessions.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator lacks the permission.
pub fn sessions(config_file: &Path, command: &Sessions) -> Result<Exit> {
    match command {
        Sessions::List(args) => list(config_file, args),
        Sessions::End(args) => end(config_file, args),
    }
}

fn list(config_file: &Path, args: &SessionList) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let answer = converse(client.ask(Method::GET, "/api/v1/sessions", None))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let sessions = answer["sessions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if sessions.is_empty() {
        writeln!(out, "no one is signed in")?;
    }
    sessions.iter().try_for_each(|session| writeln!(out, "{}", line(session)))?;
    Ok(Exit::Fine)
}

fn line(session: &Value) -> String {
    let of = |key: &str| text(session, key);
    let (name, person, how, from) = (of("name"), of("person"), of("how"), of("from"));
    format!("{name} ({person}): by {how} from {from}, since {}, until {} at the latest", of("since"), of("until"))
}

fn end(config_file: &Path, args: &SessionEnding) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let wanted = json!({ "person": args.person });
    let answer = converse(client.ask(Method::POST, "/api/v1/sessions/end", Some(&wanted)))?;
    let ended = answer["ended"].as_u64().unwrap_or_default();
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => writeln!(out, "{answer:#}")?,
        Format::Text if ended == 0 => writeln!(out, "{} is not signed in", args.person)?,
        Format::Text => writeln!(out, "{} of {} ended", count(ended, "session"), args.person)?,
    }
    Ok(if ended == 0 { Exit::No } else { Exit::Fine })
}
