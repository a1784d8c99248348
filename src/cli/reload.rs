//! `wardbell reload`: the running daemon reads rosters and playbooks again at once.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::list::text;
use crate::domain::count::count;
use crate::domain::visible::escaped;

/// Whom to ask, and how to tell the answer.
#[derive(Debug, Args)]
pub struct Reload {
    #[command(flatten)]
    access: Access,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon to read the files again, and tells what is in force, or what is wrong with them.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator may not ask it for this.
pub fn reload(config_file: &Path, args: &Reload) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let answer = converse(client.send(Method::POST, "/api/v1/reload", None))?;
    if let Some(errors) = answer.member("diagnostics").filter(|_| answer.member("type").is_some()) {
        refused(list(errors), args.format)?;
        return Ok(Exit::No);
    }
    let answer = answer.into_value()?;
    in_force(&answer, args.format)?;
    let Some(failed) = answer["rotation_failed"].as_str() else { return Ok(Exit::Fine) };
    writeln!(anstream::stderr(), "error: {}", escaped(failed))?;
    Ok(Exit::No)
}

fn in_force(answer: &Value, format: Format) -> Result<()> {
    let mut out = anstream::stdout();
    if format == Format::Json {
        return writeln!(out, "{answer:#}").map_err(Into::into);
    }
    let changed = list(&answer["changed"]);
    match changed {
        [] => writeln!(out, "nothing has changed: the files in force are those on the disk")?,
        paths => {
            writeln!(out, "in force from now on, with these files changed:")?;
            for path in paths.iter().filter_map(Value::as_str) {
                writeln!(out, "  {}", escaped(path))?;
            }
        }
    }
    if let Some(to) = answer["rotated"]["to"].as_str() {
        let keys = count(answer["rotated"]["keys"].as_u64().unwrap_or_default(), "data key");
        writeln!(out, "the master key is {} from now on; wrapped anew under it: {keys}", escaped(to))?;
    }
    let counts = ["roster", "playbook", "warning"];
    let counts = counts.map(|thing| count(answer[format!("{thing}s")].as_u64().unwrap_or_default(), thing));
    writeln!(out, "{}", counts.join(", "))?;
    let later: Vec<_> = list(&answer["from_next_start"]).iter().filter_map(Value::as_str).map(escaped).collect();
    if !later.is_empty() {
        let note = "note: these settings have changed and count from the next start: restart the daemon";
        writeln!(anstream::stderr(), "{note}\n  {}", later.join(", "))?;
    }
    tell(&mut anstream::stderr(), list(&answer["diagnostics"]))
}

fn refused(errors: &[Value], format: Format) -> Result<()> {
    if format == Format::Json {
        let report = json!({ "errors": errors.len(), "warnings": 0, "diagnostics": errors });
        return writeln!(anstream::stdout(), "{report:#}").map_err(Into::into);
    }
    let mut out = anstream::stderr();
    writeln!(out, "error: the files are not valid; the plan before stays in force")?;
    tell(&mut out, errors)
}

fn tell(out: &mut dyn Write, diagnostics: &[Value]) -> Result<()> {
    for one in diagnostics {
        let number = |key: &str| one[key].as_u64().unwrap_or_default();
        let (file, line, column) = (text(one, "file"), number("line"), number("column"));
        writeln!(out, "  {file}:{line}:{column}: {}: {}", text(one, "code"), text(one, "message"))?;
        if let Some(hint) = one["hint"].as_str() {
            writeln!(out, "    hint: {hint}")?;
        }
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
