//! `wardbell override`: gives somebody a role for a while, and ends that.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, Trial, interval, no, nothing_to_do};
use crate::cli::effect::{local, tell_hurdles};
use crate::cli::exit::{Ending, Exit};
use crate::cli::when::When;
use crate::config::edit::{self, LocalOverride, lookup};
use crate::config::import::label::Label;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::holder::Rule;
use crate::domain::roster::{Override, Roster};

/// What to do with overrides.
#[derive(Debug, Subcommand)]
pub enum OverrideCommand {
    /// Give somebody a role for a while, whatever the rotation says.
    Add(Add),
    /// End an override early; one that has not begun goes away.
    End(End),
}

/// Who holds which role when.
#[derive(Debug, Args)]
pub struct Add {
    /// The department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Which role: `primary`, `backup`, or another that the roster names.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Who takes it.
    #[arg(long, value_name = "L")]
    liaison: LiaisonId,
    /// The first minute, such as `2026-12-24 17:00` on the roster's clock.
    #[arg(long, value_name = "T")]
    from: When,
    /// The first minute after it.
    #[arg(long, value_name = "T")]
    to: When,
    /// Why, for whoever reads the roster.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    trial: Trial,
}

/// Which override ends when.
#[derive(Debug, Args)]
pub struct End {
    /// The department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Which role.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Whose; whoever's it is, if left out.
    #[arg(long, value_name = "L")]
    liaison: Option<LiaisonId>,
    /// When it ends; now, if left out.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    #[command(flatten)]
    trial: Trial,
}

/// Runs the command.
///
/// # Errors
///
/// The files cannot be used, name no such person or override, or would be wrong after it.
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
    if args.reason.as_deref().and_then(Label::read).is_some() {
        let message = "a `--reason` of that form marks what an import has written, and the next one takes it away";
        return Err(Ending::usage(format!("{message}: use other words")).into());
    }
    let same = |one: &&Override| (&one.role, &one.liaison, one.from, one.to) == (&args.role, &args.liaison, from, to);
    if let Some(there) = roster.overrides.last().filter(same) {
        return said_already(roster, there, args);
    }
    let times = |at| lookup::local(&roster.timezone, at).map_err(no);
    let change = LocalOverride {
        role: args.role.clone(),
        from: times(from)?,
        to: times(to)?,
        liaison: args.liaison.clone(),
        reason: args.reason.clone(),
    };
    let text = edit::insert_overrides(&editing.text, None, &[change]).map_err(no)?;
    let (start, stop) = (local(roster, from, editing.now), local(roster, to, editing.now));
    let headline = format!("{} is {} from {start} to {stop}, says {}", liaison.name, args.role, editing.path());
    let exit = editing.finish(&Change { text, headline, from, to }, args.trial)?;
    let given = [(&args.role, &args.liaison, from, to)];
    tell_hurdles(roster, &given, editing.now, &mut anstream::stderr())?;
    Ok(exit)
}

/// What to tell of a shift that the roster gives already.
fn said_already(roster: &Roster, there: &Override, args: &Add) -> Result<Exit> {
    let place = format!("{}:{}", there.place.file, there.place.line);
    let asked = args.reason.as_deref().map(str::trim);
    if asked.is_none_or(|reason| there.reason.as_deref() == Some(reason)) {
        return nothing_to_do(&format!("{place} says so already"));
    }
    let reason = there.reason.as_ref().map_or("no reason".to_owned(), |reason| format!("the reason {reason:?}"));
    let start = roster.timezone.write(there.from, "%Y-%m-%d %H:%M");
    let (department, role, liaison) = (&args.department, &args.role, &args.liaison);
    let end =
        format!("wardbell override end --department {department} --role {role} --liaison {liaison} --at \"{start}\"");
    Err(no(format!(
        "{place} gives that shift already, with {reason}: change `reason` there, or take it out with `{end}` and add it anew"
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
    // Files are written to the minute.
    let at = at - chrono::TimeDelta::seconds(at.timestamp().rem_euclid(60));
    let (text, headline, from) = if at <= ended.from {
        let text = edit::remove_overrides(&editing.text, &[index]).map_err(no)?;
        (text, format!("{what} to {} is taken out of {}", show(ended.to), editing.path()), ended.from)
    } else {
        let end = lookup::local(&roster.timezone, at).map_err(no)?;
        let text = edit::set_end(&editing.text, index, end).map_err(no)?;
        (text, format!("{what} ends at {} instead of {}, says {}", show(at), show(ended.to), editing.path()), at)
    };
    let exit = editing.finish(&Change { text, headline, from, to: ended.to }, args.trial)?;
    if ended.reason.as_deref().and_then(Label::read).is_some() {
        writeln!(anstream::stderr(), "it came from an import: importing that month again brings it back")?;
    }
    Ok(exit)
}

/// The override that counts at `at`; one that is still to come wants its own `--at`.
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
        message.push_str(", and none is to come");
    } else {
        message.push_str("; to come are, each with the `--at` that takes it out:");
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

/// One of a roster's overrides, and where it stands in the list.
type Found<'roster> = (usize, &'roster Override);

/// Of the overrides that cover `at`, the one by which somebody holds the role: the last of them may be of a person who
/// is away.
fn counting<'roster>(
    roster: &Roster,
    covering: &[Found<'roster>],
    role: &Role,
    at: DateTime<Utc>,
) -> Option<Found<'roster>> {
    let holder = roster.holder(role, at, &|_| false).filter(|holder| holder.why.rule == Rule::Override)?;
    // Entries of a list may stand on one line.
    let is_it = |one: &Override| one.place == holder.why.place && one.liaison == holder.liaison.id;
    covering.iter().rfind(|(_, one)| is_it(one)).copied()
}

/// The question whose override is meant.
fn whose(roster: &Roster, covering: &[Found<'_>], role: &Role, at: String, now: DateTime<Utc>) -> String {
    let count = covering.len();
    let mut message = format!(
        "{count} overrides for {role} cover {at}, and nobody holds it by one of them: say whose with `--liaison`:"
    );
    for (_, one) in covering {
        let (place, until) = (&one.place, local(roster, one.to, now));
        message.push_str(&format!("\n  {}:{}  `{}`, until {until}", place.file, place.line, one.liaison));
    }
    message
}
