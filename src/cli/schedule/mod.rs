//! `wardbell schedule`: the calendar of a roster.

mod agenda;
mod grid;
mod html;
mod svg;
mod table;
mod words;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::exit::{Ending, Exit};
use crate::cli::oncall::rosters;
use crate::cli::plan::{plan, why};
use crate::cli::schedule::words::BOLD;
use crate::cli::when::When;
use crate::cli::width;
use crate::clock::{Clock, SystemClock};
use crate::domain::calendar::feed::{Feed, Which};
use crate::domain::calendar::{Calendar, month_of};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::to_text;
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// The period shown if only a start is given.
const SPAN: TimeDelta = TimeDelta::days(28);

/// Nobody reads a longer calendar, and the files change sooner.
const LONGEST: TimeDelta = TimeDelta::days(2 * 366);

/// A terminal at least this wide gets a grid, a narrower one a list.
const WIDE: usize = 100;

#[derive(Debug, Args)]
pub struct Schedule {
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Month in the roster's time zone, such as 2026-12; default: this month.
    #[arg(long, value_name = "M", conflicts_with_all = ["from", "to"])]
    month: Option<Month>,
    /// Start, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` in the roster's time zone; default with `--to`: now.
    #[arg(long, value_name = "T")]
    from: Option<When>,
    /// End, in the same format; default: four weeks after the start.
    #[arg(long, value_name = "T")]
    to: Option<When>,
    /// Only this role, such as `backup`.
    #[arg(long, value_name = "R")]
    role: Option<Role>,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Calendar in the terminal.
    Text,
    /// One shift per line, with the file, line, and rule that chose the person.
    Table,
    /// JSON.
    Json,
    /// iCalendar (RFC 5545).
    Ics,
    /// Picture with one row per role.
    Svg,
    /// Page to print or to send.
    Html,
}

/// Prints who is on call for each role over time.
///
/// # Errors
///
/// The files are not valid, or there is no such department or role.
pub fn schedule(config_file: &Path, args: &Schedule) -> Result<Exit> {
    let plan = plan(config_file)?;
    let now = SystemClock.wall().trunc_subsecs(0);
    let mut out = anstream::stdout();
    for roster in rosters(&plan, Some(&args.department))? {
        if let Some(role) = args.role.as_ref().filter(|role| !roster.roles().contains(role)) {
            let known: Vec<String> = roster.roles().iter().map(|role| format!("`{role}`")).collect();
            let message = format!("{} has no role `{role}`. Its roles: {}", roster.department, known.join(", "));
            return Err(Ending::no(message).into());
        }
        let stretch = stretch(roster, args, now)?;
        write(&plan, roster, args, stretch, now, &mut out)?;
    }
    Ok(Exit::Fine)
}

fn stretch(roster: &Roster, args: &Schedule, now: DateTime<Utc>) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let local = |when: When| when.in_zone(&roster.timezone);
    let (from, to) = match (args.from, args.to) {
        (None, None) => {
            let this = local_time::to_local(&roster.timezone, now).date();
            month_of(roster, args.month.unwrap_or(Month::of(this)))
        }
        (from, to) => {
            let from = from.map_or(now, local);
            (from, to.map_or(from + SPAN, local))
        }
    };
    if to <= from || to - from > LONGEST {
        return Err(Ending::usage("the end must be after the start, at most two years later").into());
    }
    Ok((from, to))
}

fn write(
    plan: &Plan,
    roster: &Roster,
    args: &Schedule,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    out: &mut dyn Write,
) -> Result<()> {
    let calendar = || Calendar::new(roster, args.role.as_ref(), (from, to), now);
    match args.format {
        Form::Json => writeln!(out, "{:#}", Value::Array(rows(roster, args.role.as_ref(), from, to)))?,
        Form::Ics => {
            let which = Which::Department(args.role.as_ref());
            let feed = Feed { hospital: &plan.hospital, roster, which, from, to, stamp: now };
            write!(out, "{}", feed.to_ics())?;
        }
        Form::Table => table::write(&calendar(), out)?,
        Form::Svg => write!(out, "{}", svg::picture(&calendar(), now))?,
        Form::Html => write!(out, "{}", html::page(&calendar(), &plan.hospital, now)?)?,
        Form::Text => {
            let columns = width::of_output().unwrap_or(width::ELSEWHERE);
            let calendar = calendar();
            writeln!(out, "{BOLD}{}{BOLD:#}\n", words::title(&calendar))?;
            // Skip roles that no one ever has.
            let has_days = !calendar.roles.is_empty();
            if has_days && columns >= WIDE {
                grid::write(&calendar, columns, out)?;
            } else if has_days {
                agenda::write(&calendar, columns, out)?;
            }
            agenda::write_gaps(&calendar, columns, out)?;
        }
    }
    Ok(())
}

fn rows(roster: &Roster, role: Option<&Role>, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Value> {
    let roles = roster.roles().into_iter().filter(|one| role.is_none_or(|role| role == one));
    let shifts = roles.flat_map(|role| {
        let shifts = roster.shifts_by_why(&role, from, to);
        shifts.into_iter().map(move |shift| row(&role, &shift))
    });
    shifts.collect()
}

fn row(role: &Role, shift: &Shift) -> Value {
    json!({
        "role": role,
        "from": to_text(shift.from),
        "to": to_text(shift.to),
        "liaison": shift.on_call.as_ref().map(|(liaison, _)| liaison),
        "why": shift.on_call.as_ref().map(|(_, one)| why(one)),
    })
}
