//! `wardbell show`: one incident: its state, what was posted, and its timeline in sentences.

pub mod fields;
pub mod said;
mod statement;
pub mod timeline;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::cli::show::fields::{items, local, source};
use crate::cli::width;
use crate::domain::count::count;
use crate::domain::id::IncidentId;
use crate::domain::visible::{escaped, escaped_lines};
use crate::domain::words::join;

#[derive(Debug, Args)]
pub struct Show {
    /// Reference, such as 7Q2K9MXD
    id: IncidentId,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// # Errors
///
/// The daemon cannot be reached, or there is no such incident.
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
    let columns = width::of_output().unwrap_or(width::ELSEWHERE);
    let drill = if incident["drill"] == Value::Bool(true) { "DRILL  " } else { "" };
    let word = |key: &str| text(incident, key);
    writeln!(out, "{drill}{}  {}  {}  {}", word("id"), word("severity"), word("playbook"), word("status"))?;
    let times = count(incident["occurrences"].as_u64().unwrap_or_default(), "time");
    let received = local(&incident["received_at"], "%Y-%m-%d %H:%M:%S %Z");
    writeln!(out, "received {received} from {}, {times}", source(incident))?;
    if let Some(outcome) = incident["outcome"].as_str() {
        writeln!(out, "outcome: {}", escaped(outcome))?;
    }
    let open = incident["follow_up"].as_u64().unwrap_or_default();
    if open > 0 {
        writeln!(out, "{}; see `wardbell tasks {}`", count(open, "open task"), word("id"))?;
    }
    let unknown: Vec<String> = items(&incident["involved_unknown"]).filter_map(Value::as_str).map(escaped).collect();
    if !unknown.is_empty() {
        let line = format!("involved but not in any roster: {}", join(&unknown));
        for part in width::wrap_hanging(&line, columns, 2) {
            writeln!(out, "{part}")?;
        }
    }
    writeln!(out, "\nDepartments")?;
    for track in items(&incident["tracks"]) {
        let line = format!("{}: {}", text(track, "department"), standing(incident, track));
        write_wrapped(out, &line, columns, 4)?;
    }
    print_posted(incident, out, columns)?;
    writeln!(out, "\nTimeline")?;
    let mut day = String::new();
    for moment in items(&incident["timeline"]) {
        let on = local(&moment["at"], "%A, %B %-d, %Y");
        if on != day {
            writeln!(out, "  {on}")?;
            day = on;
        }
        let at = local(&moment["at"], "%H:%M:%S");
        for (number, sentence) in timeline::sentences(incident, moment).into_iter().enumerate() {
            let time = if number == 0 { at.as_str() } else { "        " };
            write_wrapped(out, &format!("{time}  {sentence}"), columns, 10)?;
        }
    }
    Ok(())
}

/// Who acknowledged, or what comes next.
fn standing(incident: &Value, track: &Value) -> String {
    if let Some(by) = track["acknowledged_by"].as_str() {
        return format!("acknowledged by {} at {}", escaped(by), local(&track["acknowledged_at"], "%H:%M %Z"));
    }
    match &track["next_step_at"] {
        _ if incident["status"] == "resolved" => "closed without an acknowledgement".to_owned(),
        Value::Null => "not acknowledged, no more pages due".to_owned(),
        at => format!("not acknowledged; the next page is due at {}", local(at, "%H:%M:%S %Z")),
    }
}

/// The text and notes of the incident, or why they cannot be read.
fn print_posted(incident: &Value, out: &mut dyn Write, columns: usize) -> Result<()> {
    let mut lines = Vec::new();
    for moment in items(&incident["timeline"]) {
        let place = moment.get("incident").unwrap_or(moment);
        if let Some(why) = place["unreadable"]["detail"].as_str() {
            lines.push(format!("{}: ({why})", text(moment, "type")));
        }
        let fields = ["summary", "url", "author"].map(|field| (field, &place[field]));
        let labels = place["labels"].as_object().into_iter().flatten();
        let all = fields.into_iter().chain(labels.map(|(label, value)| (label.as_str(), value)));
        let said = all.filter_map(|(field, words)| {
            Some(format!("{}: {}", escaped(field), escaped_lines(&words.as_str()?.replace("\r\n", "\n"))))
        });
        lines.extend(said.filter(|line| !lines.contains(line)).collect::<Vec<_>>());
    }
    if !lines.is_empty() {
        writeln!(out, "\nWhat was posted")?;
    }
    for line in lines {
        for (number, part) in line.lines().enumerate() {
            write_wrapped(out, &format!("{}{part}", if number == 0 { "" } else { "    " }), columns, 4)?;
        }
    }
    Ok(())
}

fn write_wrapped(out: &mut dyn Write, line: &str, columns: usize, hanging: usize) -> Result<()> {
    for part in width::wrap_hanging(&format!("  {line}"), columns, hanging + 2) {
        writeln!(out, "{part}")?;
    }
    Ok(())
}
