//! `wardbell act`: acknowledges, declines, escalates, hands over, resolves, reopens, changes a task, or adds a note.

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
    /// Number of a task, as `wardbell tasks` lists it.
    #[arg(required_if_eq_any([("action", "task-done"), ("action", "task-not-needed"), ("action", "task-reopen")]))]
    task: Option<u32>,
    /// Department; default: every department to which the action applies.
    #[arg(long, required_if_eq("action", "task-add"))]
    department: Option<String>,
    /// Note: what was done, a closing remark, or why a task is not needed.
    #[arg(long, required_if_eq_any([("action", "note"), ("action", "task-not-needed")]))]
    note: Option<String>,
    /// Outcome, with the action `resolve`: what came of the incident.
    #[arg(long, value_parser = PossibleValuesParser::new(ResolvedAs::ALL.map(ResolvedAs::word)))]
    outcome: Option<String>,
    /// What is to be done, with the action `task-add`.
    #[arg(long = "do", value_name = "WORDS", required_if_eq("action", "task-add"))]
    words: Option<String>,
    /// When the new task is due, counted from now, such as `30m` or `2d`.
    #[arg(long, value_name = "DURATION")]
    within: Option<String>,
    /// Person to hand over to, or whom a new task is for: an id, such as `j-chen`, or `department/id`.
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
    /// A task is done.
    TaskDone,
    /// A task is not needed; the note says why.
    TaskNotNeeded,
    /// Open a closed task again.
    TaskReopen,
    /// Add a task for a department.
    TaskAdd,
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
    let texts = [
        ("department", &args.department),
        ("note", &args.note),
        ("outcome", &args.outcome),
        ("to", &args.to),
        ("do", &args.words),
        ("within", &args.within),
    ];
    for (key, value) in texts.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
        body[key] = json!(value);
    }
    if let Some(task) = args.task {
        body["task"] = json!(task);
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
