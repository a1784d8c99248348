//! `wardbell override`: adds and ends overrides.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, check_reason, interval, present};
use crate::cli::effect::{local, tell_hurdles};
use crate::cli::exit::Exit;
use crate::cli::file_edit::{SavedIf, Trial, no, nothing_to_do};
use crate::cli::when::When;
use crate::config::edit::{self, LocalOverride, lookup};
use crate::config::import::label::Label;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::on_call::Rule;
use crate::domain::roster::{Override, Roster};

#[derive(Debug, Subcommand)]
pub enum OverrideCommand {
    /// Put someone on call for a while, whatever the rotation says.
    Add(Add),
    /// End an override early, or remove it if it has not started.
    End(End),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Role: `primary`, `backup`, or another role of the roster.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Liaison to put on call.
    #[arg(long, value_name = "L")]
    liaison: LiaisonId,
    /// Start, such as `2026-12-24 17:00`, in the roster's time zone.
    #[arg(long, value_name = "T")]
    from: When,
    /// End, in the same format.
    #[arg(long, value_name = "T")]
    to: When,
    /// Reason, for readers of the roster.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    trial: Trial,
}

#[derive(Debug, Args)]
pub struct End {
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Role.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Liaison whose override ends; needed only if several could be meant.
    #[arg(long, value_name = "L")]
    liaison: Option<LiaisonId>,
    /// When the override ends; default: now.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    #[command(flatten)]
    trial: Trial,
}

/// # Errors
///
/// The files are not valid, have no such person or override, or would not be valid after the change.
pub fn override_(config_file: &Path, command: &OverrideCommand) -> Result<Exit> {
    match command {
        OverrideCommand::Add(args) => add(config_file, args),
        OverrideCommand::End(args) => end(config_file, args),
    }
}

fn add(config_file: &Path, args: &Add) -> Result<Exit> {
    let editing = Editing::open(config_file, &args.department)?;
    let roster = editing.roster()?;
    lookup::role(roster, &args.role).map_err(no)?;
    let (_, liaison) = lookup::liaison(roster, &args.liaison).map_err(no)?;
    let (from, to) = interval(roster, args.from, args.to)?;
    if let Some(reason) = &args.reason {
        check_reason(reason)?;
    }
    let same = |one: &&Override| (&one.role, &one.liaison, one.from, one.to) == (&args.role, &args.liaison, from, to);
    if let Some(there) = roster.overrides.last().filter(same) {
        return said_already(roster, there, args);
    }
    present(&editing, liaison, (from, to))?;
    let times = |at| lookup::local(&roster.timezone, at).map_err(no);
    let change = LocalOverride {
        role: args.role.clone(),
        from: times(from)?,
        to: times(to)?,
        liaison: args.liaison.clone(),
        reason: args.reason.clone(),
    };
    let text = edit::insert_overrides(editing.text(), None, &[change]).map_err(no)?;
    let (start, stop) = (local(roster, from, editing.now), local(roster, to, editing.now));
    let headline = format!("{} is {} from {start} to {stop}", liaison.name, args.role);
    let exit = editing.finish(&Change { text, headline, from, to, saved_if: SavedIf::Effect }, args.trial)?;
    let given = [(&args.role, &args.liaison, from, to)];
    tell_hurdles(roster, &given, editing.now, &mut anstream::stderr())?;
    Ok(exit)
}

/// The answer if the roster already has the shift.
fn said_already(roster: &Roster, there: &Override, args: &Add) -> Result<Exit> {
    let place = format!("{}:{}", there.place.file, there.place.line);
    let asked = args.reason.as_deref().map(str::trim);
    if asked.is_none_or(|reason| there.reason.as_deref() == Some(reason)) {
        return nothing_to_do(&format!("Already scheduled at {place}"));
    }
    let reason = there.reason.as_ref().map_or("no reason".to_owned(), |reason| format!("the reason {reason:?}"));
    let start = roster.timezone.write(there.from, "%Y-%m-%d %H:%M");
    let (department, role, liaison) = (&args.department, &args.role, &args.liaison);
    let end =
        format!("wardbell override end --department {department} --role {role} --liaison {liaison} --at \"{start}\"");
    Err(no(format!(
        "{place} already has this shift, with {reason}. Change `reason` there, or remove it with `{end}` and add it again"
    )))
}

fn end(config_file: &Path, args: &End) -> Result<Exit> {
    let editing = Editing::open(config_file, &args.department)?;
    let roster = editing.roster()?;
    lookup::role(roster, &args.role).map_err(no)?;
    if let Some(liaison) = &args.liaison {
        lookup::liaison(roster, liaison).map_err(no)?;
    }
    let at = args.at.map_or(editing.now, |at| at.in_zone(&roster.timezone));
    let (index, ended) = find(roster, args, at, editing.now)?;
    let name = roster.liaison(&ended.liaison).map_or_else(|| ended.liaison.to_string(), |one| one.name.clone());
    let show = |at| local(roster, at, editing.now);
    let what = format!("{} as {} from {}", name, ended.role, show(ended.from));
    // Times in the files are whole minutes.
    let at = at - chrono::TimeDelta::seconds(at.timestamp().rem_euclid(60));
    let (text, headline, from) = if at <= ended.from {
        let text = edit::remove_overrides(editing.text(), &[index]).map_err(no)?;
        (text, format!("{what} to {} is removed", show(ended.to)), ended.from)
    } else {
        let end = lookup::local(&roster.timezone, at).map_err(no)?;
        let text = edit::set_end(editing.text(), index, end).map_err(no)?;
        (text, format!("{what} ends at {} instead of {}", show(at), show(ended.to)), at)
    };
    let exit = editing.finish(&Change { text, headline, from, to: ended.to, saved_if: SavedIf::Always }, args.trial)?;
    if ended.reason.as_deref().and_then(Label::read).is_some() {
        writeln!(
            anstream::stderr(),
            "note: this override came from an import; importing that month again restores it"
        )?;
    }
    Ok(exit)
}

/// The override in force at `at`; a future one needs its own `--at`.
fn find<'roster>(roster: &'roster Roster, args: &End, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Found<'roster>> {
    let asked = |one: &Override| one.role == args.role && args.liaison.as_ref().is_none_or(|id| one.liaison == *id);
    let all = || roster.overrides.iter().enumerate().filter(|(_, one)| asked(one));
    let covering: Vec<_> = all().filter(|(_, one)| one.from <= at && at < one.to).collect();
    if let Some((last, before)) = covering.split_last() {
        let are_all_of_one = before.iter().all(|(_, one)| one.liaison == last.1.liaison);
        let counting = counting(roster, &covering, &args.role, at).or(are_all_of_one.then_some(*last));
        return counting.ok_or_else(|| no(whose(roster, &covering, &args.role, local(roster, at, now), now)));
    }
    let to_come: Vec<_> = all().filter(|(_, one)| one.from > now).collect();
    let whose = args.liaison.as_ref().map_or(String::new(), |id| format!(" of `{id}`"));
    let mut message = format!("no override{whose} for {} covers {}", args.role, local(roster, at, now));
    if to_come.is_empty() {
        message.push_str(", and none is scheduled");
    } else {
        message.push_str(". Scheduled overrides, each with the `--at` that removes it:");
    }
    for (_, one) in to_come {
        let start = roster.timezone.write(one.from, "%Y-%m-%d %H:%M");
        let (place, until) = (&one.place, local(roster, one.to, now));
        message.push_str(&format!(
            "\n  {}:{}  `{}`  --at \"{start}\", until {until}",
            place.file, place.line, one.liaison
        ));
    }
    Err(no(message))
}

/// One of a roster's overrides, and its position in the list.
type Found<'roster> = (usize, &'roster Override);

/// Of the overrides that cover `at`, the one that puts its person on call: the last of them may name a person who
/// is away.
fn counting<'roster>(
    roster: &Roster,
    covering: &[Found<'roster>],
    role: &Role,
    at: DateTime<Utc>,
) -> Option<Found<'roster>> {
    let on_call = roster.on_call(role, at, &|_| false).filter(|on_call| on_call.why.rule == Rule::Override)?;
    // Several entries of a list may be on one line.
    let is_it = |one: &Override| one.place == on_call.why.place && one.liaison == on_call.liaison.id;
    covering.iter().rfind(|(_, one)| is_it(one)).copied()
}

/// Asks which override is meant.
fn whose(roster: &Roster, covering: &[Found<'_>], role: &Role, at: String, now: DateTime<Utc>) -> String {
    let count = covering.len();
    let mut message =
        format!("{count} overrides for {role} cover {at}, and none of them is in effect. Choose one with `--liaison`:");
    for (_, one) in covering {
        let (place, until) = (&one.place, local(roster, one.to, now));
        message.push_str(&format!("\n  {}:{}  `{}`, until {until}", place.file, place.line, one.liaison));
    }
    message
}
