//! `wardbell reload`: reloads rosters and playbooks in the running daemon.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::diagnostic::{Code, Colour, Diagnostic, Severity};
use crate::domain::count::count;
use crate::domain::visible::escaped;

#[derive(Debug, Args)]
pub struct Reload {
    #[command(flatten)]
    access: Access,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Asks the daemon to reload the files, and prints what is in force or what is wrong.
///
/// # Errors
///
/// The daemon cannot be reached, or the operator lacks the permission.
pub fn reload(config_file: &Path, args: &Reload) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let answer = converse(client.send(Method::POST, "/api/v1/reload", None))?;
    if let Some(errors) = answer.member("diagnostics").filter(|_| answer.member("type").is_some()) {
        let number = |name| answer.member(name).and_then(Value::as_u64);
        refused(list(errors), number("errors").zip(number("warnings")), args.format)?;
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
        [] => writeln!(out, "nothing has changed: the files on disk are already in force")?,
        paths => {
            writeln!(out, "reloaded; changed files:")?;
            for path in paths.iter().filter_map(Value::as_str) {
                writeln!(out, "  {}", escaped(path))?;
            }
        }
    }
    if let Some(to) = answer["rotated"]["to"].as_str() {
        let keys = count(answer["rotated"]["keys"].as_u64().unwrap_or_default(), "data key");
        writeln!(out, "the master key is now {}; re-wrapped {keys}", escaped(to))?;
    }
    let diagnostics = list(&answer["diagnostics"]);
    let counts = ["roster", "playbook", "error", "warning"];
    let number = |thing: &str| answer[format!("{thing}s")].as_u64().unwrap_or_default();
    let all_the_same = if number("error") > 0 { "; the files are in force despite the errors" } else { "" };
    writeln!(out, "{}{all_the_same}", counts.map(|thing| count(number(thing), thing)).join(", "))?;
    out.flush()?;
    let later: Vec<_> = list(&answer["from_next_start"]).iter().filter_map(Value::as_str).map(escaped).collect();
    if !later.is_empty() {
        let note = "note: these settings have changed; restart the daemon to apply them";
        writeln!(anstream::stderr(), "{note}\n  {}", later.join(", "))?;
    }
    report(&mut anstream::stderr(), diagnostics, number("error") + number("warning"))
}

/// Reports why the files cannot be used. The daemon sends the first findings and their total number.
fn refused(diagnostics: &[Value], counts: Option<(u64, u64)>, format: Format) -> Result<()> {
    let (errors, warnings) = counts.unwrap_or_else(|| {
        let warnings = diagnostics.iter().filter(|one| one["severity"] == "warning").count() as u64;
        (diagnostics.len() as u64 - warnings, warnings)
    });
    if format == Format::Json {
        let report = json!({ "errors": errors, "warnings": warnings, "diagnostics": diagnostics });
        return writeln!(anstream::stdout(), "{report:#}").map_err(Into::into);
    }
    let mut out = anstream::stderr();
    report(&mut out, diagnostics, errors + warnings)?;
    let counts = [count(errors, "error"), count(warnings, "warning")].join(", ");
    writeln!(out, "error: the files are not valid; the previous plan stays in force: {counts}")?;
    Ok(())
}

/// Prints diagnostics as `check` does, without source lines, which are on the daemon's machine.
fn report(out: &mut dyn Write, diagnostics: &[Value], all: u64) -> Result<()> {
    for one in diagnostics {
        match diagnostic(one) {
            Some(known) => writeln!(out, "{}", known.render(Colour::Ansi))?,
            // A code from a newer daemon.
            None => writeln!(out, "{}: {}: {}\n", text(one, "code"), text(one, "file"), text(one, "message"))?,
        }
    }
    let more = all.saturating_sub(diagnostics.len() as u64);
    if more > 0 {
        writeln!(out, "{more} more; for all of them, run `wardbell check` on the daemon's machine")?;
    }
    Ok(())
}

fn diagnostic(value: &Value) -> Option<Diagnostic> {
    let word = |key: &str| value[key].as_str();
    let number = |key: &str| value[key].as_u64().and_then(|number| u32::try_from(number).ok());
    Some(Diagnostic {
        severity: if word("severity")? == "warning" { Severity::Warning } else { Severity::Error },
        code: *Code::ALL.iter().find(|code| Some(code.word()) == word("code"))?,
        file: escaped(word("file")?).into(),
        line: number("line")?,
        column: number("column")?,
        message: escaped(word("message")?),
        hint: word("hint").map(escaped),
        private_hint: None,
        source_line: None,
        span: 0..0,
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
