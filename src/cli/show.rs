//! `wardbell show`: one incident with its tracks, pages and timeline.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::Format;
use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::list::{plain_table, text};
use crate::domain::count::count;
use crate::domain::id::IncidentId;
use crate::domain::visible::{escaped, escaped_lines};

/// Which incident.
#[derive(Debug, Args)]
pub struct Show {
    /// Its reference, such as 7Q2K9MXD.
    id: IncidentId,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// Prints one incident.
///
/// # Errors
///
/// The daemon cannot be reached, or knows no such incident.
pub fn show(config_file: &Path, args: &Show) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let incident = converse(client.ask(Method::GET, &format!("/api/v1/incidents/{}", args.id), None))?;
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => writeln!(out, "{incident:#}")?,
        Format::Text => print(&incident, &mut out)?,
    }
    Ok(Exit::Fine)
}

fn print(incident: &Value, out: &mut dyn Write) -> Result<()> {
    let word = |key: &str| text(incident, key);
    let drill = if incident.get("drill") == Some(&Value::Bool(true)) { "DRILL " } else { "" };
    writeln!(out, "{drill}{} {} {} ({})", word("id"), word("severity"), word("playbook"), word("status"))?;
    let times = count(incident.get("occurrences").and_then(Value::as_u64).unwrap_or_default(), "time");
    writeln!(out, "received {} from {}, {times}", word("received_at"), word("source"))?;
    let parts = [
        ("tracks", ["department", "status", "acknowledged_by", "acknowledged_at", "next_step_at"]),
        ("pages", ["id", "created_at", "liaison", "role", "reason"]),
        ("timeline", ["seq", "at", "type", "department", "page"]),
    ];
    for (part, columns) in parts {
        let rows = incident.get(part).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut table = plain_table(&columns);
        for row in &rows {
            table.add_row(columns.map(|column| text(row, column)));
        }
        writeln!(out, "\n{part}\n{table}")?;
    }
    print_words(incident, out)
}

/// What was sent and noted, or why that cannot be read; nothing where there is none.
fn print_words(incident: &Value, out: &mut dyn Write) -> Result<()> {
    let timeline = incident.get("timeline").and_then(Value::as_array).into_iter().flatten();
    let mut table = plain_table(&["seq", "what", "words"]);
    let mut rows = 0;
    for moment in timeline {
        let place = moment.get("incident").unwrap_or(moment);
        let unreadable = place["unreadable"]["detail"].as_str();
        if let Some(why) = unreadable {
            rows += 1;
            table.add_row([text(moment, "seq"), text(moment, "type"), format!("({why})")]);
        }
        let labels = place["labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(label, value)| (label.as_str(), value));
        let fields = ["summary", "url", "author", "text", "note"].map(|field| (field, &place[field]));
        for (field, words) in fields.into_iter().chain(labels) {
            let Some(words) = words.as_str() else { continue };
            rows += 1;
            table.add_row([text(moment, "seq"), escaped(field), escaped_lines(words)]);
        }
    }
    if rows > 0 {
        writeln!(out, "\nwords\n{table}")?;
    }
    Ok(())
}
