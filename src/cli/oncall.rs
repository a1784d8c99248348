//! `wardbell oncall`: who is on call for each role, from the files.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde_json::{Value, json};

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::list::plain_table;
use crate::cli::plan::{plan, why};
use crate::cli::when::When;
use crate::cli::width;
use crate::clock::{Clock, SystemClock};
use crate::domain::calendar::clock::ClockWords;
use crate::domain::calendar::is_named;
use crate::domain::contact::ChannelKind;
use crate::domain::further_contact::ContactPosition;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::instant::to_text;
use crate::domain::plan::Plan;
use crate::domain::roster::on_call::OnCall;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::wait::Wait;

/// How far ahead to look for the next change.
const HORIZON: TimeDelta = TimeDelta::days(400);

#[derive(Debug, Args)]
pub struct Oncall {
    /// Only this department.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// Time such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` in each roster's time zone; default: now.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Also show each person's channels and addresses, in the order they are used.
    #[arg(long)]
    contacts: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints who is on call for each role.
///
/// # Errors
///
/// The files are not valid, or there is no such department.
pub fn oncall(config_file: &Path, args: &Oncall) -> Result<Exit> {
    let plan = plan(config_file)?;
    let now = SystemClock.wall();
    let at = |roster: &Roster| args.at.map_or(now, |when| when.in_zone(&roster.timezone));
    let rosters = rosters(&plan, args.department.as_ref())?;
    let mut out = anstream::stdout();
    let held = rosters.into_iter().flat_map(|roster| roster.roles().into_iter().map(move |role| (roster, role)));
    if args.format == Format::Json {
        let rows: Vec<Value> =
            held.map(|(roster, role)| row(&plan, roster, &role, at(roster), args.contacts)).collect();
        writeln!(out, "{:#}", Value::Array(rows))?;
        return Ok(Exit::Fine);
    }
    let rows: Vec<Row> = held.map(|(roster, role)| words(&plan, roster, &role, at(roster))).collect();
    print(&rows, args.contacts, &mut out)?;
    Ok(Exit::Fine)
}

struct Row {
    /// Department, role, name, until when, and why.
    cells: [String; 5],
    contacts: Vec<Contact>,
}

/// A table if it fits; otherwise, and with contacts, one paragraph per role.
fn print(rows: &[Row], contacts: bool, out: &mut dyn Write) -> Result<()> {
    let mut table = plain_table(&["department", "role", "name", "until", "why"]);
    table.add_rows(rows.iter().map(|row| &row.cells));
    let table = table.to_string();
    let widest = table.lines().map(|line| width::of(line.trim_end())).max().unwrap_or(0);
    if !contacts && width::of_output().is_none_or(|columns| widest <= columns) {
        writeln!(out, "{table}")?;
        return Ok(());
    }
    let columns = width::of_output().unwrap_or(width::ELSEWHERE);
    let mut before: Option<&str> = None;
    for Row { cells: [department, role, name, until, why], contacts: ways } in rows {
        if before != Some(department) {
            writeln!(out, "{}{department}", if before.is_some() { "\n" } else { "" })?;
        }
        before = Some(department);
        let mut lines = vec![format!("  {role}: {name}, until {until}"), format!("    {why}")];
        if contacts {
            lines.extend(ways.iter().map(|way| format!("    {}", way.words())));
        }
        for line in lines.iter().flat_map(|line| width::wrap_hanging(line, columns, 6)) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// One way to reach a person.
struct Contact {
    by: ChannelKind,
    to: String,
    /// Wait after the page is created; `None` if the contact is not used for pages.
    after: Option<Wait>,
    position: ContactPosition,
}

impl Contact {
    /// In the order they are used.
    fn all_of(plan: &Plan, liaison: &Liaison) -> Vec<Self> {
        let ways = plan.ways(liaison, None);
        let used = ways.iter().map(|way| (way.by, Some(way.after)));
        let others = ChannelKind::ALL.into_iter().rev().filter(|by| ways.iter().all(|way| way.by != *by));
        let channels = used.chain(others.map(|by| (by, None)));
        let of_channel = |(by, after)| {
            let in_turn = liaison.contacts.in_turn(by).enumerate();
            in_turn.map(move |(before, to)| {
                let position = ContactPosition::after(before);
                Self { by, to: to.to_owned(), after, position }
            })
        };
        channels.flat_map(of_channel).collect()
    }

    fn words(&self) -> String {
        let when = match self.after {
            Some(_) if !self.position.is_first() => {
                format!("if the {} before it is refused", self.by.address_word())
            }
            Some(after) if after.is_zero() => "immediately".to_owned(),
            Some(after) => format!("after {after}"),
            None => "not used for pages".to_owned(),
        };
        format!("{} {}, {when}", self.by.in_words(), self.to)
    }

    fn to_json(&self) -> Value {
        let mut contact = json!({ "by": self.by, "to": self.to, "after": self.after.map(|after| after.to_string()) });
        if !self.position.is_first() {
            contact["contact"] = json!(self.position);
        }
        contact
    }
}

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

fn row(plan: &Plan, roster: &Roster, role: &Role, at: DateTime<Utc>, contacts: bool) -> Value {
    let on_call = roster.on_call(role, at, &|_| false);
    let ways = on_call.as_ref().map(|on_call| Contact::all_of(plan, on_call.liaison)).unwrap_or_default();
    let mut row = json!({
        "department": roster.department,
        "role": role,
        "liaison": on_call.as_ref().map(|on_call| &on_call.liaison.id),
        "name": on_call.as_ref().map(|on_call| &on_call.liaison.name),
        "until": until(roster, role, at).map(to_text),
        "why": on_call.map(|on_call| why(&on_call.why)),
    });
    if contacts {
        row["contacts"] = ways.iter().map(Contact::to_json).collect();
    }
    row
}

fn words(plan: &Plan, roster: &Roster, role: &Role, at: DateTime<Utc>) -> Row {
    let on_call = roster.on_call(role, at, &|_| false);
    let clock = ClockWords::new(&roster.timezone);
    let until = until(roster, role, at).map_or("further notice".into(), |until| clock.moment(until, at));
    let contacts = on_call.as_ref().map(|on_call| Contact::all_of(plan, on_call.liaison)).unwrap_or_default();
    let (name, why) = match &on_call {
        Some(OnCall { liaison, why }) => (format!("{} ({})", liaison.name, liaison.id), why.to_string()),
        None if is_named(roster, role) => ("no one".into(), nobody_on_call(roster, role, at)),
        None => ("no one".into(), "no rotation or override covers this role".into()),
    };
    Row { cells: [roster.department.to_string(), role.to_string(), name, until, why], contacts }
}

/// Why no one is on call for a role of the roster.
fn nobody_on_call(roster: &Roster, role: &Role, at: DateTime<Utc>) -> String {
    match roster.begins(role, at) {
        Some(begins) => format!("the rotation starts on {}", ClockWords::new(&roster.timezone).moment(begins, at)),
        None if roster.rotation_in_force(role, at).is_some() => "everyone in the rotation is away".into(),
        None => "no rotation covers this role at this time".into(),
    }
}

fn until(roster: &Roster, role: &Role, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    roster.next_change_within(role, at, HORIZON)
}
