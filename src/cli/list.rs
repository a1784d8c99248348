//! `wardbell list`: the incidents, newest first.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, TableStyle};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::client::{Access, Client, converse};
use crate::cli::exit::Exit;
use crate::cli::format::Format;
use crate::cli::width;
use crate::clock::{Clock, SystemClock};
use crate::domain::visible::escaped;

#[derive(Debug, Args)]
pub struct List {
    /// Only those that are `open`, `acknowledged` or `resolved`
    #[arg(long)]
    status: Option<String>,
    /// Only those that this department answers
    #[arg(long)]
    department: Option<String>,
    /// Whether to list drills
    #[arg(long, value_enum, default_value_t = Drills::Show)]
    drills: Drills,
    /// Maximum number to list
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Drills {
    /// Drills and real incidents.
    Show,
    /// Real incidents only.
    Hide,
    /// Drills only.
    Only,
}

impl Drills {
    fn wants(self, incident: &Value) -> bool {
        let is_drill = incident["drill"] == Value::Bool(true);
        match self {
            Self::Show => true,
            Self::Hide => !is_drill,
            Self::Only => is_drill,
        }
    }
}

/// Prints incidents.
///
/// # Errors
///
/// The daemon cannot be reached, or refuses.
pub fn list(config_file: &Path, args: &List) -> Result<Exit> {
    let client = Client::new(config_file, &args.access)?;
    let (incidents, next_cursor) = fetch(&client, args)?;
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{:#}", json!({ "incidents": incidents, "next_cursor": next_cursor }))?;
        return Ok(Exit::Fine);
    }
    if incidents.is_empty() {
        writeln!(out, "no incidents")?;
    } else {
        // Non-breaking spaces keep "12 min" together; print them as plain spaces.
        let table = table(&incidents, SystemClock.wall()).to_string().replace(KEPT_SPACE, " ");
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
    }
    if next_cursor.is_string() {
        writeln!(out, "There are more incidents; raise `--limit` to see them")?;
    }
    Ok(Exit::Fine)
}

/// Up to the requested number of incidents, and the cursor of the next page.
fn fetch(client: &Client, args: &List) -> Result<(Vec<Value>, Value)> {
    let limit = usize::from(args.limit);
    let (mut incidents, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let path = path(args, limit - incidents.len(), cursor.as_str())?;
        let mut answer = converse(client.ask(Method::GET, &path, None))?;
        let found = answer["incidents"].as_array_mut().map(std::mem::take).unwrap_or_default();
        incidents.extend(found.into_iter().filter(|incident| args.drills.wants(incident)));
        cursor = answer["next_cursor"].take();
        if incidents.len() >= limit || !cursor.is_string() {
            return Ok((incidents, cursor));
        }
    }
}

fn path(args: &List, limit: usize, cursor: Option<&str>) -> Result<String> {
    let mut query = reqwest::Url::parse("http://localhost/api/v1/incidents")?;
    query.query_pairs_mut().append_pair("limit", &limit.to_string());
    let asked = [("status", args.status.as_deref()), ("department", args.department.as_deref()), ("cursor", cursor)];
    for (key, value) in asked.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        query.query_pairs_mut().append_pair(key, value);
    }
    Ok(format!("{}?{}", query.path(), query.query().unwrap_or_default()))
}

fn table(incidents: &[Value], now: DateTime<Utc>) -> Table {
    let mut table = plain_table(&["reference", "age", "severity", "playbook", "acknowledged by, next page"]);
    table.set_width(u16::try_from(width::of_output().unwrap_or(width::ELSEWHERE)).unwrap_or(u16::MAX));
    for incident in incidents {
        let drill = if incident["drill"] == Value::Bool(true) { "\nDRILL" } else { "" };
        let times = match incident["occurrences"].as_u64() {
            Some(times) if times > 1 => format!("\nreported {times} times"),
            _ => String::new(),
        };
        table.add_row([
            text(incident, "id"),
            instant(incident, "received_at").map_or("-".into(), |at| length(now - at)),
            format!("{}{drill}", text(incident, "severity")),
            format!("{}{times}", text(incident, "playbook")),
            standing(incident, now),
        ]);
    }
    table
}

/// One line per department: who acknowledged, or when the next person is paged.
fn standing(incident: &Value, now: DateTime<Utc>) -> String {
    if incident["status"] == "resolved" {
        return "resolved".to_owned();
    }
    let tracks = incident["tracks"].as_array().into_iter().flatten();
    let lines = tracks.map(|track| {
        let department = text(track, "department");
        if let Some(by) = track["acknowledged_by"].as_str() {
            return format!("{department}: acknowledged by {}", escaped(by));
        }
        match instant(track, "next_step_at") {
            Some(at) if at > now => format!("{department}: next page in {}", length(at - now)),
            Some(_) => format!("{department}: next page now"),
            None => format!("{department}: not acknowledged, no more pages due"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A non-breaking space.
const KEPT_SPACE: &str = "\u{a0}";

/// `45 s`, `12 min`, `3 h 05 min`, `4 d`.
fn length(length: TimeDelta) -> String {
    in_units(length).replace(' ', KEPT_SPACE)
}

fn in_units(length: TimeDelta) -> String {
    let (seconds, minutes, hours) = (length.num_seconds().max(0), length.num_minutes(), length.num_hours());
    match (minutes, hours) {
        (..1, _) => format!("{seconds} s"),
        (..60, _) => format!("{minutes} min"),
        (_, ..24) => format!("{hours} h {:02} min", minutes % 60),
        _ => format!("{} d", length.num_days()),
    }
}

fn instant(value: &Value, key: &str) -> Option<DateTime<Utc>> {
    value[key].as_str()?.parse().ok()
}

/// A borderless table, as wide as the terminal.
pub fn plain_table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_header(head);
    table
}

/// A value's text with control characters escaped, or a dash if it is missing.
pub fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => escaped(text),
        None | Some(Value::Null) => "-".into(),
        Some(other) => escaped(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_old_it_is_who_has_it_and_what_comes_next() {
        let now = "2026-12-03T08:14:00Z".parse::<DateTime<Utc>>().unwrap();
        let incident = json!({
            "id": "7Q2K9MXD", "received_at": "2026-12-03T08:02:30.000Z", "severity": "high", "playbook": "phi-by-staff",
            "status": "open", "drill": true, "occurrences": 3,
            "tracks": [
                { "department": "privacy", "acknowledged_by": "m-rivera", "next_step_at": null },
                { "department": "billing", "acknowledged_by": null, "next_step_at": "2026-12-03T08:17:00.000Z" },
            ],
        });
        let shown = table(&[incident], now).to_string().replace(KEPT_SPACE, " ");
        for part in [
            "7Q2K9MXD",
            "11 min",
            "high",
            "DRILL",
            "reported 3 times",
            "privacy: acknowledged by",
            "m-rivera ",
            "billing: next page in 3 min",
        ] {
            assert!(shown.contains(part), "{part} in\n{shown}");
        }
        assert!(shown.lines().all(|line| width::of(line) <= width::ELSEWHERE), "{shown}");
        let long = json!({ "tracks": [{ "department": "public-relations-west", "next_step_at": "2026-12-03T08:17:00.000Z" }] });
        let shown = table(&[long], now).to_string().replace(KEPT_SPACE, " ");
        assert!(shown.lines().any(|line| line.contains("in 3 min")), "a time is not torn:\n{shown}");
    }

    #[test]
    fn lengths_are_short() {
        for (seconds, text) in [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_900, "1 h 05 min"), (90_000, "1 d")] {
            assert_eq!(length(TimeDelta::seconds(seconds)).replace(KEPT_SPACE, " "), text);
        }
    }
}
