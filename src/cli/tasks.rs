//! `wardbell tasks`: the tasks of one incident, or those that a department still has to do.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::list::text;
use crate::cli::show::fields::{items, local};
use crate::clock::{Clock, SystemClock};
use crate::domain::id::IncidentId;
use crate::domain::visible::escaped;

/// How many incidents are asked for at a time.
const AT_A_TIME: &str = "500";

#[derive(Debug, Args)]
pub struct Tasks {
    /// Incident reference, such as 7Q2K9MXD. Without it, give --department to list its open tasks in all incidents
    #[arg(required_unless_present = "department")]
    id: Option<IncidentId>,
    /// Only the tasks of this department
    #[arg(long)]
    department: Option<String>,
    /// Only overdue tasks
    #[arg(long)]
    overdue: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

/// Prints tasks: all of one incident, or what is open in every incident.
///
/// # Errors
///
/// The daemon cannot be reached, or refuses.
pub fn tasks(config_file: &Path, args: &Tasks) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let ids = match args.id {
        Some(id) => vec![id.to_string()],
        None => owing(&client)?,
    };
    let (mut found, now) = (Vec::new(), SystemClock.wall());
    for id in ids {
        let incident = converse(client.ask(Method::GET, &format!("/api/v1/incidents/{id}"), None))?;
        let tasks = items(&incident["tasks"]).filter(|task| args.wants(task, now)).cloned();
        found.extend(tasks.map(|mut task| {
            task["incident"] = json!(id);
            task
        }));
    }
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{:#}", json!({ "tasks": found }))?;
        return Ok(Exit::Fine);
    }
    if found.is_empty() {
        writeln!(out, "no tasks")?;
    }
    found.iter().try_for_each(|task| writeln!(out, "{}", line(task, now)))?;
    Ok(Exit::Fine)
}

impl Tasks {
    fn wants(&self, task: &Value, now: DateTime<Utc>) -> bool {
        let is_meant = self.department.as_ref().is_none_or(|department| task["department"] == department.as_str());
        let is_listed = self.id.is_some() || task["status"] == "open";
        is_meant && is_listed && (!self.overdue || is_overdue(task, now))
    }
}

/// The references of all incidents that still owe something.
fn owing(client: &Client) -> Result<Vec<String>> {
    let (mut ids, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let mut query = reqwest::Url::parse("http://localhost/api/v1/incidents")?;
        query.query_pairs_mut().append_pair("owing", "true").append_pair("limit", AT_A_TIME);
        if let Some(cursor) = &cursor {
            query.query_pairs_mut().append_pair("cursor", cursor);
        }
        let path = format!("{}?{}", query.path(), query.query().unwrap_or_default());
        let answer = converse(client.ask(Method::GET, &path, None))?;
        ids.extend(items(&answer["incidents"]).map(|incident| text(incident, "id")));
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(ids);
        }
    }
}

fn is_overdue(task: &Value, now: DateTime<Utc>) -> bool {
    let due = task["due_at"].as_str().and_then(|due| due.parse::<DateTime<Utc>>().ok());
    task["status"] == "open" && due.is_some_and(|due| due <= now)
}

/// `7Q2K9MXD 3 privacy open, due 2026-12-03 02:36 CST: Capture the post`.
fn line(task: &Value, now: DateTime<Utc>) -> String {
    let number = task["id"].as_u64().unwrap_or_default();
    let when = match (task["status"].as_str(), &task["due_at"]) {
        (Some("open"), Value::Null) => "open".to_owned(),
        (Some("open"), due) => {
            let word = if is_overdue(task, now) { "overdue since" } else { "open, due" };
            format!("{word} {}", local(due, "%Y-%m-%d %H:%M %Z"))
        }
        (status, _) => {
            let at = local(&task["at"], "%Y-%m-%d %H:%M %Z");
            format!("{} by {}, {at}", escaped(status.unwrap_or_default()).replace('-', " "), text(task, "by"))
        }
    };
    let what = task["do"].as_str().map_or_else(|| "(not shown)".to_owned(), escaped);
    format!("{}  {number}  {}  {when}: {what}", text(task, "incident"), text(task, "department"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_one_line_with_what_is_overdue_in_words() {
        let now = "2026-12-03T09:00:00Z".parse().unwrap();
        let task = |changes: Value| {
            let mut task = json!({
                "incident": "7Q2K9MXD", "id": 3, "department": "privacy", "do": "Capture", "status": "open",
                "due_at": null, "by": null, "at": null,
            });
            task.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            line(&task, now)
        };
        assert_eq!(task(json!({})), "7Q2K9MXD  3  privacy  open: Capture");
        let due = task(json!({ "due_at": "2026-12-03T10:00:00.000Z" }));
        assert!(due.starts_with("7Q2K9MXD  3  privacy  open, due 2026-12-03 "), "{due}");
        let overdue = task(json!({ "due_at": "2026-12-03T08:00:00.000Z" }));
        assert!(overdue.starts_with("7Q2K9MXD  3  privacy  overdue since 2026-12-03 "), "{overdue}");
        let closed = json!({ "status": "not-needed", "by": "m-rivera", "at": "2026-12-03T08:00:00.000Z", "do": null });
        let closed = task(closed);
        assert!(closed.starts_with("7Q2K9MXD  3  privacy  not needed by m-rivera, 2026-12-03 "), "{closed}");
        assert!(closed.ends_with(": (not shown)"), "{closed}");
    }
}
