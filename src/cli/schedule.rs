//! `wardbell schedule`: the calendar of a roster.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::Format;
use crate::cli::exit::{Ending, Exit};
use crate::cli::list::plain_table;
use crate::cli::oncall::rosters;
use crate::cli::plan::{plan, why};
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::to_text;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// Without an end, this much is shown.
const SPAN: TimeDelta = TimeDelta::days(28);

/// More than this nobody reads, and files change sooner.
const LONGEST: TimeDelta = TimeDelta::days(2 * 366);

/// Which department, from when to when.
#[derive(Debug, Args)]
pub struct Schedule {
    /// The department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// An instant such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` on the roster's clock; now, if left out.
    #[arg(long, value_name = "T")]
    from: Option<When>,
    /// Another; four weeks after the start, if left out.
    #[arg(long, value_name = "T")]
    to: Option<When>,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints who holds each role when.
///
/// # Errors
///
/// The files cannot be used, or have no such department.
pub fn schedule(config_file: &Path, args: &Schedule) -> Result<Exit> {
    let plan = plan(config_file)?;
    let mut out = anstream::stdout();
    for roster in rosters(&plan, Some(&args.department))? {
        let from = args.from.map_or_else(|| SystemClock.wall(), |when| when.in_zone(roster.timezone));
        let to = args.to.map_or(from + SPAN, |when| when.in_zone(roster.timezone));
        if to <= from || to - from > LONGEST {
            return Err(Ending::usage("a calendar ends after it starts, and covers at most two years").into());
        }
        let shifts = roster.roles().into_iter().flat_map(|role| {
            let shifts = roster.shifts(&role, from, to);
            shifts.into_iter().map(move |shift| (role.clone(), shift))
        });
        match args.format {
            Format::Json => {
                writeln!(out, "{:#}", Value::Array(shifts.map(|(role, shift)| row(&role, &shift)).collect()))?
            }
            Format::Text => print(roster, &shifts.collect::<Vec<_>>(), &mut out)?,
        }
    }
    Ok(Exit::Fine)
}

fn row(role: &Role, shift: &Shift) -> Value {
    json!({
        "role": role,
        "from": to_text(shift.from),
        "to": to_text(shift.to),
        "liaison": shift.holder.as_ref().map(|(liaison, _)| liaison),
        "why": shift.holder.as_ref().map(|(_, one)| why(one)),
    })
}

fn print(roster: &Roster, shifts: &[(Role, Shift)], out: &mut dyn Write) -> Result<()> {
    let local = |at: DateTime<Utc>| at.with_timezone(&roster.timezone).format("%a %Y-%m-%d %H:%M %Z").to_string();
    let mut table = plain_table(&["role", "from", "to", "name", "why"]);
    for (role, shift) in shifts {
        let (name, why) = match &shift.holder {
            None => ("nobody".into(), "a gap".into()),
            Some((id, why)) => {
                let name = roster.liaison(id).map_or(id.to_string(), |liaison| liaison.name.clone());
                (name, format!("{}:{} {}", why.place.file, why.place.line, why.rule))
            }
        };
        table.add_row([role.to_string(), local(shift.from), local(shift.to), name, why]);
    }
    writeln!(out, "{}\n{table}", roster.name)?;
    Ok(())
}
