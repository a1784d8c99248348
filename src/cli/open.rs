//! `wardbell open`: hands in an incident from a shell.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;

/// What to hand in.
#[derive(Debug, Args)]
pub struct Open {
    /// The class of the incident.
    #[arg(long, required_unless_present = "json", conflicts_with = "json")]
    class: Option<String>,
    /// A file that holds the incident as JSON; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    json: Option<String>,
    /// The source's own id of the event: the same twice changes nothing.
    #[arg(long)]
    event_id: Option<String>,
    /// The source's key of the matter: repeats fold into the open incident.
    #[arg(long)]
    dedup_key: Option<String>,
    /// Lifts the playbook's severity.
    #[arg(long)]
    severity: Option<String>,
    /// The matter in words, for people who have signed in.
    #[arg(long)]
    summary: Option<String>,
    /// Where the post is.
    #[arg(long)]
    url: Option<String>,
    /// Which facility.
    #[arg(long)]
    facility: Option<String>,
    /// How many people it has reached.
    #[arg(long)]
    reach: Option<u64>,
    /// Such as `posting-now`; may be given several times.
    #[arg(long = "flag")]
    flags: Vec<String>,
    /// Who must not be paged, by id or e-mail address; may be given several times.
    #[arg(long)]
    involved: Vec<String>,
    /// An exercise: the real path, marked as a drill everywhere.
    #[arg(long)]
    drill: bool,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// Hands in an incident as a source, or as an operator who may, and prints its reference.
///
/// # Errors
///
/// The daemon cannot be reached, or refuses.
pub fn open(config_file: &Path, args: &Open) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let incident = incident(args)?;
    let receipt = converse(client.ask(Method::POST, "/api/v1/incidents", Some(&incident)))?;
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => writeln!(out, "{receipt:#}")?,
        Format::Text => {
            let word = |key: &str| receipt.get(key).and_then(Value::as_str).unwrap_or("-");
            let folded = receipt.get("duplicate_of_open") == Some(&Value::Bool(true));
            let how = if folded { "folded into the open incident" } else { "opened" };
            writeln!(out, "{} {how}, playbook {}", word("id"), word("playbook"))?;
        }
    }
    Ok(Exit::Fine)
}

fn incident(args: &Open) -> Result<Value> {
    if let Some(file) = &args.json {
        let text = match file.as_str() {
            "-" => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
                text
            }
            path => fs::read_to_string(path).with_context(|| format!("{path} cannot be read"))?,
        };
        let value = serde_json::from_str(&text);
        return value.map_err(|error| Ending::no(format!("{file} is no JSON: {error}")).into());
    }
    let given = [
        ("class", json!(args.class)),
        ("event_id", json!(args.event_id)),
        ("dedup_key", json!(args.dedup_key)),
        ("severity", json!(args.severity)),
        ("summary", json!(args.summary)),
        ("url", json!(args.url)),
        ("facility", json!(args.facility)),
        ("reach", json!(args.reach)),
        ("flags", json!(args.flags)),
        ("involved", json!(args.involved)),
        ("drill", json!(args.drill)),
    ];
    let said = given.into_iter().filter(|(_, value)| !value.is_null());
    Ok(Value::Object(said.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>()))
}
