//! `wardbell oncall`: who holds each role, read from the files.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::cli::exit::{Ending, Exit};
use crate::cli::list::plain_table;
use crate::cli::plan::{plan, why};
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::to_text;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;

/// The search for the next change of duty ends here.
const HORIZON: TimeDelta = TimeDelta::days(400);

/// Which department, and when.
#[derive(Debug, Args)]
pub struct Oncall {
    /// One department; all of them, if left out.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// An instant such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` on each roster's clock; now, if left out.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints who holds each role.
///
/// # Errors
///
/// The files cannot be used, or have no such department.
pub fn oncall(config_file: &Path, args: &Oncall) -> Result<Exit> {
    let plan = plan(config_file)?;
    let now = SystemClock.wall();
    let at = |roster: &Roster| args.at.map_or(now, |when| when.in_zone(roster.timezone));
    let rosters = rosters(&plan, args.department.as_ref())?;
    let rows = rosters.into_iter().flat_map(|roster| {
        let at = at(roster);
        roster.roles().into_iter().map(move |role| row(roster, &role, at))
    });
    let rows: Vec<Value> = rows.collect();
    let mut out = anstream::stdout();
    if args.format == Format::Json {
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(Exit::Fine);
    }
    let mut table = plain_table(&["department", "role", "liaison", "name", "until", "why"]);
    for row in &rows {
        let word = |key: &str| crate::cli::list::text(row, key);
        let why = row.get("why").filter(|why| why.is_object()).map(|why| {
            let text = |key: &str| crate::cli::list::text(why, key);
            format!("{}:{} {}", text("file"), text("line"), text("rule"))
        });
        let why = why.unwrap_or_else(|| "nobody is on call".into());
        table.add_row([word("department"), word("role"), word("liaison"), word("name"), word("until"), why]);
    }
    writeln!(out, "{table}")?;
    Ok(Exit::Fine)
}

/// The rosters that are asked for.
///
/// # Errors
///
/// There is no such department.
pub fn rosters<'plan>(plan: &'plan Plan, department: Option<&DepartmentId>) -> Result<Vec<&'plan Roster>> {
    let asked = plan.rosters.values().map(AsRef::as_ref);
    let rosters: Vec<&Roster> = asked.filter(|roster| department.is_none_or(|one| roster.department == *one)).collect();
    match department {
        Some(department) if rosters.is_empty() => Err(Ending::no(format!("no roster is named `{department}`")).into()),
        _ => Ok(rosters),
    }
}

fn row(roster: &Roster, role: &Role, at: DateTime<Utc>) -> Value {
    let holder = roster.holder(role, at, &|_| false);
    json!({
        "department": roster.department,
        "role": role,
        "liaison": holder.as_ref().map(|holder| &holder.liaison.id),
        "name": holder.as_ref().map(|holder| &holder.liaison.name),
        "until": roster.next_change(role, at, at + HORIZON).map(to_text),
        "why": holder.map(|holder| why(&holder.why)),
    })
}
