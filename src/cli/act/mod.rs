//! `wardbell act`: acknowledges, declines, escalates, hands over, resolves, reopens, or adds a note.

mod outcome;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::json;

use crate::cli::act::outcome::Outcome;
use crate::cli::client::{Access, Answer, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::cli::width;
use crate::domain::escalation::resolution::ResolvedAs;
use crate::domain::id::IncidentId;

#[derive(Debug, Args)]
pub struct Act {
    /// Reference, such as 7Q2K9MXD.
    id: IncidentId,
    /// Action.
    #[arg(value_enum)]
    action: Action,
    /// Department; default: every department to which the action applies.
    #[arg(long)]
    department: Option<String>,
    /// Note: what was done, or a closing remark.
    #[arg(long, required_if_eq("action", "note"))]
    note: Option<String>,
    /// Outcome, with the action `resolve`: what came of the incident.
    #[arg(long, value_parser = PossibleValuesParser::new(ResolvedAs::ALL.map(ResolvedAs::word)))]
    outcome: Option<String>,
    /// Person to hand over to: an id, such as `j-chen`, or `department/id`.
    #[arg(long, value_name = "PERSON", required_if_eq("action", "hand-over"))]
    to: Option<String>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Someone is handling it.
    Acknowledge,
    /// Those who were paged cannot take it: page the next person.
    Decline,
    /// Page the next person now.
    Escalate,
    /// Ask someone to take it over from the person who acknowledged.
    HandOver,
    /// Take over what you were asked to.
    HandOverAccept,
    /// Close the incident.
    Resolve,
    /// Open the resolved incident again, and page its departments from the first step.
    Reopen,
    /// Record what was done.
    Note,
}

/// Acts on an incident, and prints who was paged and where paging has stopped.
///
/// # Errors
///
/// The daemon cannot be reached or refuses.
pub fn act(config_file: &Path, args: &Act) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let action = args.action.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let mut body = json!({ "action": action });
    if let Some(department) = &args.department {
        body["department"] = json!(department);
    }
    if let Some(note) = &args.note {
        body["note"] = json!(note);
    }
    if let Some(outcome) = &args.outcome {
        body["outcome"] = json!(outcome);
    }
    if let Some(to) = &args.to {
        body["to"] = json!(to);
    }
    let path = format!("/api/v1/incidents/{}", args.id);
    // An operator without `read` may still act; the action must not fail because its result cannot be shown in full.
    let look = || match args.format {
        Format::Text => converse(client.send(Method::GET, &path, None)).ok(),
        Format::Json => None,
    };
    let before = look();
    let is_forbidden = before.as_ref().is_some_and(Answer::is_forbidden);
    let before = before.and_then(|answer| answer.into_value().ok());
    let answer = converse(client.ask(Method::POST, &format!("{path}/actions"), Some(&body)))?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{answer:#}")?;
        return Ok(Exit::Fine);
    }
    let after = look().and_then(|answer| answer.into_value().ok());
    let outcome = Outcome { action: &action, before: before.as_ref(), after: after.as_ref(), is_forbidden };
    let columns = width::of_output().unwrap_or(width::ELSEWHERE);
    for line in outcome.sentences().iter().flat_map(|sentence| width::wrap(sentence, columns)) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} is {}", args.id, text(&answer, "status"))?;
    Ok(Exit::Fine)
}
