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
use crate::cli::width;
use crate::clock::{Clock, SystemClock};
use crate::domain::calendar::clock::ClockWords;
use crate::domain::calendar::is_named;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::to_text;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;
use crate::domain::roster::holder::Holder;

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
    let at = |roster: &Roster| args.at.map_or(now, |when| when.in_zone(&roster.timezone));
    let rosters = rosters(&plan, args.department.as_ref())?;
    let mut out = anstream::stdout();
    let held = rosters.into_iter().flat_map(|roster| roster.roles().into_iter().map(move |role| (roster, role)));
    if args.format == Format::Json {
        let rows: Vec<Value> = held.map(|(roster, role)| row(roster, &role, at(roster))).collect();
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(Exit::Fine);
    }
    let rows: Vec<[String; 5]> = held.map(|(roster, role)| words(roster, &role, at(roster))).collect();
    print(&rows, &mut out)?;
    Ok(Exit::Fine)
}

/// A table where it fits; else a paragraph a role.
fn print(rows: &[[String; 5]], out: &mut dyn Write) -> Result<()> {
    let mut table = plain_table(&["department", "role", "name", "until", "why"]);
    table.add_rows(rows);
    let table = table.to_string();
    let widest = table.lines().map(|line| width::of(line.trim_end())).max().unwrap_or(0);
    if width::of_output().is_none_or(|columns| widest <= columns) {
        writeln!(out, "{table}")?;
        return Ok(());
    }
    let mut last = None;
    for [department, role, name, until, why] in rows {
        if last.replace(department) != Some(department) {
            writeln!(out, "{}{department}", if department == &rows[0][0] { "" } else { "\n" })?;
        }
        writeln!(out, "  {role}: {name}, until {until}\n    {why}")?;
    }
    Ok(())
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
        "until": until(roster, role, at).map(to_text),
        "why": holder.map(|holder| why(&holder.why)),
    })
}

fn words(roster: &Roster, role: &Role, at: DateTime<Utc>) -> [String; 5] {
    let holder = roster.holder(role, at, &|_| false);
    let clock = ClockWords::new(&roster.timezone);
    let until = until(roster, role, at).map_or("further notice".into(), |until| clock.moment(until, at));
    let (name, why) = match &holder {
        Some(Holder { liaison, why }) => {
            let why = format!("{}:{} {}", why.place.file, why.place.line, why.rule);
            (format!("{} ({})", liaison.name, liaison.id), why)
        }
        None if is_named(roster, role) => ("nobody".into(), no_holder(roster, role, at)),
        None => ("nobody".into(), "no rotation or override gives the role".into()),
    };
    [roster.department.to_string(), role.to_string(), name, until, why]
}

/// Why nobody holds a role that the roster gives.
fn no_holder(roster: &Roster, role: &Role, at: DateTime<Utc>) -> String {
    match roster.begins(role, at) {
        Some(begins) => format!("the rotation begins on {}", ClockWords::new(&roster.timezone).moment(begins, at)),
        None if roster.rotation_in_force(role, at).is_some() => "everybody whose turn it could be is away".into(),
        None => "no rotation gives the role at this time".into(),
    }
}

fn until(roster: &Roster, role: &Role, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    roster.next_change_within(role, at, HORIZON)
}
