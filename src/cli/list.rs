//! `wardbell list`: the incidents, newest first.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use comfy_table::{ContentArrangement, Table, TableStyle};
use reqwest::Method;
use serde_json::Value;

use crate::cli::Format;
use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::domain::visible::escaped;

/// Which incidents.
#[derive(Debug, Args)]
pub struct List {
    /// Those that are `open`, `acknowledged` or `resolved`.
    #[arg(long)]
    status: Option<String>,
    /// Those that a department answers.
    #[arg(long)]
    department: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// Prints incidents.
///
/// # Errors
///
/// The daemon cannot be reached, or refuses.
pub fn list(config_file: &Path, args: &List) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let mut query = reqwest::Url::parse("http://localhost/api/v1/incidents")?;
    query.query_pairs_mut().append_pair("limit", &args.limit.to_string());
    let asked = [("status", &args.status), ("department", &args.department)];
    for (key, value) in asked.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        query.query_pairs_mut().append_pair(key, value);
    }
    let path = format!("{}?{}", query.path(), query.query().unwrap_or_default());
    let answer = converse(client.ask(Method::GET, &path, None))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let incidents = answer.get("incidents").and_then(Value::as_array).cloned().unwrap_or_default();
    if incidents.is_empty() {
        writeln!(out, "no incidents")?;
    } else {
        writeln!(out, "{}", table(&incidents))?;
    }
    if answer.get("next_cursor").is_some_and(Value::is_string) {
        writeln!(out, "more: raise `--limit`")?;
    }
    Ok(Exit::Fine)
}

fn table(incidents: &[Value]) -> Table {
    let mut table = plain_table(&["reference", "status", "severity", "playbook", "received", "times", "departments"]);
    for incident in incidents {
        let word = |key: &str| text(incident, key);
        let tracks = incident.get("tracks").and_then(Value::as_array).into_iter().flatten();
        let departments: Vec<String> = tracks.map(|track| text(track, "department")).collect();
        table.add_row([
            word("id"),
            word("status"),
            word("severity"),
            word("playbook"),
            word("received_at"),
            incident.get("occurrences").map(Value::to_string).unwrap_or_default(),
            departments.join(", "),
        ]);
    }
    table
}

/// A table without lines, as wide as the terminal.
pub fn plain_table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    table
}

/// A value's text, hidden characters as their numbers; a dash where there is none.
pub fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => escaped(text),
        None | Some(Value::Null) => "-".into(),
        Some(other) => escaped(&other.to_string()),
    }
}
