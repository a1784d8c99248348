//! `wardbell statement`: texts for the public or for staff, from a shell. Approvals are given by people, on pages.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::cli::show::fields::{items, local};
use crate::domain::escalation::statements::medium::Medium;
use crate::domain::id::IncidentId;
use crate::domain::visible::{escaped, escaped_lines};

#[derive(Debug, Subcommand)]
pub enum StatementCommand {
    /// List an incident's statements.
    List(Listing),
    /// Show one statement: its text, and who has approved this version.
    Show(One),
    /// Begin a statement, or write a new version of one.
    Draft(Drafting),
    /// Ask for the approval of the latest version.
    Submit(Submitting),
    /// Withdraw a statement: nobody is asked to approve it any more.
    Withdraw(One),
    /// Record where a statement was published. Wardbell publishes nothing.
    Used(Using),
}

#[derive(Debug, Args)]
pub struct Common {
    /// Reference of the incident, such as 7Q2K9MXD.
    id: IncidentId,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Args)]
pub struct Listing {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    common: Common,
    /// Number of the statement.
    statement: u32,
}

#[derive(Debug, Args)]
pub struct Drafting {
    #[command(flatten)]
    common: Common,
    /// Name of the playbook's statement to begin with.
    #[arg(long, conflicts_with = "statement")]
    name: Option<String>,
    /// What a blank of the playbook's statement is filled with, such as `time=06:00 CST`; may be repeated.
    #[arg(long, value_name = "NAME=TEXT", requires = "name")]
    blank: Vec<String>,
    /// Where it is to be published; default: `reply`.
    #[arg(long, value_parser = PossibleValuesParser::new(Medium::ALL.map(Medium::word)), conflicts_with = "statement")]
    medium: Option<String>,
    /// Number of the statement of which this is a new version.
    #[arg(long, requires = "from_version")]
    statement: Option<u32>,
    /// The version that was edited.
    #[arg(long, value_name = "VERSION", requires = "statement")]
    from_version: Option<u32>,
    /// File with the text, or `-` for standard input. A text is never an argument, because other people on the machine can see
    /// those.
    #[arg(long, value_name = "FILE", required_unless_present = "name")]
    text: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Submitting {
    #[command(flatten)]
    common: Common,
    /// Number of the statement.
    statement: u32,
    /// The version that was read; default: the latest.
    #[arg(long, value_name = "VERSION")]
    read_version: Option<u32>,
    /// Why it is submitted although places of it are marked.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub struct Using {
    #[command(flatten)]
    common: Common,
    /// Number of the statement.
    statement: u32,
    /// Where it was published, such as an address.
    #[arg(long, value_name = "PLACE")]
    r#where: String,
    /// When, such as `2026-12-24T08:00:00Z`; default: now.
    #[arg(long)]
    at: Option<String>,
}

/// Works on the statements of an incident.
///
/// # Errors
///
/// The daemon cannot be reached or refuses.
pub fn statement(config_file: &Path, command: &StatementCommand) -> Result<Exit> {
    match command {
        StatementCommand::List(args) => list(config_file, &args.common),
        StatementCommand::Show(args) => show(config_file, &args.common, args.statement),
        StatementCommand::Draft(args) => act(config_file, &args.common, &draft(args)?, args.statement),
        StatementCommand::Submit(args) => {
            let Submitting { statement, read_version, reason, .. } = args;
            let body = json!({ "action": "submit", "statement": statement, "version": read_version, "reason": reason });
            act(config_file, &args.common, &body, Some(*statement))
        }
        StatementCommand::Withdraw(args) => {
            let body = json!({ "action": "withdraw", "statement": args.statement });
            act(config_file, &args.common, &body, Some(args.statement))
        }
        StatementCommand::Used(args) => {
            let Using { statement, r#where: place, at, .. } = args;
            let body = json!({ "action": "used", "statement": statement, "where": place, "at": at });
            act(config_file, &args.common, &body, Some(*statement))
        }
    }
}

fn draft(args: &Drafting) -> Result<Value> {
    let text = args.text.as_deref().map(read).transpose()?;
    if let Some(statement) = args.statement {
        return Ok(json!({ "action": "draft", "statement": statement, "version": args.from_version, "text": text }));
    }
    let mut blanks = serde_json::Map::new();
    for blank in &args.blank {
        let Some((name, value)) = blank.split_once('=') else {
            bail!("write `--blank NAME=TEXT`, such as `--blank \"time=06:00 CST\"`");
        };
        blanks.insert(name.to_owned(), json!(value));
    }
    Ok(json!({ "action": "draft", "name": args.name, "medium": args.medium, "blanks": blanks, "text": text }))
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read the text from standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))
}

/// Acts, and prints the statement as it is then: a new one is the last.
fn act(config_file: &Path, common: &Common, body: &Value, statement: Option<u32>) -> Result<Exit> {
    let client = Client::new(config_file, &common.access)?;
    let path = format!("/api/v1/incidents/{}", common.id);
    let answer = converse(client.ask(Method::POST, &format!("{path}/actions"), Some(body)))?;
    let mut out = anstream::stdout();
    // An operator without `read` may still act; the action must not fail because its result cannot be shown.
    let after = converse(client.send(Method::GET, &path, None)).ok().and_then(|answer| answer.into_value().ok());
    let all = after.as_ref().map(|after| items(&after["statements"]).collect::<Vec<_>>()).unwrap_or_default();
    let one = match statement {
        Some(number) => all.into_iter().find(|one| one["id"] == number),
        None => all.into_iter().last(),
    };
    match (common.format, one) {
        (Format::Json, Some(one)) => writeln!(out, "{one:#}")?,
        (Format::Json, None) => writeln!(out, "{answer:#}")?,
        (Format::Text, Some(one)) => write_lines(&mut out, one)?,
        (Format::Text, None) => writeln!(out, "recorded")?,
    }
    Ok(Exit::Fine)
}

fn list(config_file: &Path, common: &Common) -> Result<Exit> {
    let statements = fetch(config_file, common)?;
    let mut out = anstream::stdout();
    if common.format == Format::Json {
        writeln!(out, "{statements:#}")?;
        return Ok(Exit::Fine);
    }
    if items(&statements).next().is_none() {
        writeln!(out, "{} has no statement", common.id)?;
    }
    items(&statements).try_for_each(|one| write_lines(&mut out, one))?;
    Ok(Exit::Fine)
}

fn show(config_file: &Path, common: &Common, number: u32) -> Result<Exit> {
    let statements = fetch(config_file, common)?;
    let Some(one) = items(&statements).find(|one| one["id"] == number) else {
        bail!("{} has no statement {number}: `wardbell statement list {}` lists all", common.id, common.id);
    };
    let mut out = anstream::stdout();
    if common.format == Format::Json {
        writeln!(out, "{one:#}")?;
        return Ok(Exit::Fine);
    }
    write_lines(&mut out, one)?;
    if let Some(words) = one["text"].as_str() {
        writeln!(out)?;
        escaped_lines(words).lines().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(Exit::Fine)
}

fn fetch(config_file: &Path, common: &Common) -> Result<Value> {
    let client = Client::new(config_file, &common.access)?;
    let incident = converse(client.ask(Method::GET, &format!("/api/v1/incidents/{}", common.id), None))?;
    Ok(incident["statements"].clone())
}

/// What it is and how far, and a line for each department that must approve.
fn write_lines(out: &mut dyn Write, one: &Value) -> Result<()> {
    let name = one["name"].as_str().map(|name| format!(" ({})", escaped(name))).unwrap_or_default();
    let ready = if one["ready"] == true { ", approved in advance" } else { "" };
    let (id, version, medium) = (&one["id"], &one["version"], text(one, "medium"));
    writeln!(
        out,
        "statement {id}{name}, {medium}, version {version} by {}: {}{ready}",
        text(one, "by"),
        text(one, "status")
    )?;
    for approval in items(&one["approvals"]) {
        let (department, status) = (text(approval, "department"), text(approval, "status"));
        let by = approval["by"].as_str().map(|by| format!(" {}", escaped(by))).unwrap_or_default();
        let next = match &approval["next_at"] {
            Value::Null => String::new(),
            at => format!(", the next person at {}", local(at, "%H:%M %Z")),
        };
        let verb = if status == "asked" { "asked".to_owned() } else { format!("{status} by") };
        writeln!(out, "  {department}: {verb}{by}{next}")?;
    }
    if let Some(place) = one["used"]["where"].as_str() {
        writeln!(out, "  used: {}", escaped(place))?;
    }
    Ok(())
}
