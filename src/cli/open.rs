//! `wardbell open`: opens an incident from a shell.

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

#[derive(Debug, Args)]
pub struct Open {
    /// Class of the incident.
    #[arg(long, required_unless_present = "json", conflicts_with = "json")]
    class: Option<String>,
    /// File that contains the incident as JSON; `-` for standard input.
    #[arg(long, value_name = "FILE")]
    json: Option<String>,
    /// The source's unique event ID: sending the same event twice has no effect.
    #[arg(long)]
    event_id: Option<String>,
    /// Deduplication key: reports with the same key are added to the open incident.
    #[arg(long)]
    dedup_key: Option<String>,
    /// Severity, if higher than the playbook's.
    #[arg(long)]
    severity: Option<String>,
    /// Summary, shown only to people who are signed in.
    #[arg(long)]
    summary: Option<String>,
    /// Address of the post.
    #[arg(long)]
    url: Option<String>,
    /// Facility.
    #[arg(long)]
    facility: Option<String>,
    /// Number of people reached.
    #[arg(long)]
    reach: Option<u64>,
    /// Flag such as `posting-now`; may be repeated.
    #[arg(long = "flag")]
    flags: Vec<String>,
    /// Person who must not be paged, by ID or email address; may be repeated.
    #[arg(long)]
    involved: Vec<String>,
    /// Drill: runs the real path, marked as a drill everywhere.
    #[arg(long)]
    drill: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// Opens an incident as a source or a permitted operator, and prints its reference.
///
/// # Errors
///
/// The daemon cannot be reached or refuses.
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
            let how = if folded { "added to the open incident" } else { "opened" };
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
                std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
                text
            }
            path => fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?,
        };
        let value = serde_json::from_str(&text);
        return value.map_err(|error| Ending::no(format!("{file} is not JSON: {error}")).into());
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
