//! `wardbell away`: adds and ends absences.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, interval};
use crate::cli::effect::local;
use crate::cli::exit::Exit;
use crate::cli::file_edit::{SavedIf, Trial, no, nothing_to_do};
use crate::cli::when::When;
use crate::config::edit::{self, LocalAway, lookup};
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::{Away as Absence, Liaison, Roster};
use crate::domain::{cross_roster, local_time};

#[derive(Debug, Subcommand)]
pub enum Away {
    /// Add an absence, and who covers it.
    Add(Add),
    /// End an absence early, or remove it if it has not started.
    End(End),
}

#[derive(Debug, Args)]
pub struct Add {
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Liaison who is away.
    #[arg(long, value_name = "L")]
    liaison: LiaisonId,
    /// Start of the absence, such as `2026-12-20` or `2026-12-24 17:00`, in the roster's time zone.
    #[arg(long, value_name = "T")]
    from: When,
    /// End of the absence: when the liaison is back.
    #[arg(long, value_name = "T")]
    to: When,
    /// Liaison who covers; default: the next in the rotation.
    #[arg(long, value_name = "L")]
    cover: Option<LiaisonId>,
    #[command(flatten)]
    trial: Trial,
}

#[derive(Debug, Args)]
pub struct End {
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Liaison whose absence ends.
    #[arg(long, value_name = "L")]
    liaison: LiaisonId,
    /// When the liaison is back; default: now. The start of a future absence removes it.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    #[command(flatten)]
    trial: Trial,
}

/// Adds or ends an absence.
///
/// # Errors
///
/// The files are not valid, have no such person or absence, or would not be valid after the change.
pub fn away(config_file: &Path, command: &Away) -> Result<Exit> {
    match command {
        Away::Add(args) => add(config_file, args),
        Away::End(args) => end(config_file, args),
    }
}

fn add(config_file: &Path, args: &Add) -> Result<Exit> {
    let editing = Editing::open(config_file, &args.department)?;
    let roster = editing.roster()?;
    let (index, liaison) = lookup::liaison(roster, &args.liaison).map_err(no)?;
    if let Some(cover) = &args.cover {
        lookup::liaison(roster, cover).map_err(no)?;
    }
    let (from, to) = interval(roster, args.from, args.to)?;
    let show = |at| local(roster, at, editing.now);
    if let Some(other) = liaison.away.iter().find(|other| other.from < to && from < other.to) {
        if (other.from, other.to, &other.cover) == (from, to, &args.cover) {
            return nothing_to_do(&format!("Already recorded at {}:{}", other.place.file, other.place.line));
        }
        return Err(no(format!(
            "{} is already away from {} to {} ({}:{}). Change that entry, or choose other times",
            liaison.name,
            show(other.from),
            show(other.to),
            other.place.file,
            other.place.line
        )));
    }
    let times = |at| lookup::local(&roster.timezone, at).map_err(no);
    let away = LocalAway { from: times(from)?, to: times(to)?, cover: args.cover.clone() };
    let text = edit::add_away(editing.text(), index, &away).map_err(no)?;
    let headline = format!("{} is away from {} to {}", liaison.name, show(from), show(to));
    let change = Change { text, headline, from, to, saved_if: SavedIf::Always };
    let exit = editing.finish(&change, args.trial)?;
    tell_elsewhere(&editing, liaison, (from, to))?;
    Ok(exit)
}

fn end(config_file: &Path, args: &End) -> Result<Exit> {
    let editing = Editing::open(config_file, &args.department)?;
    let roster = editing.roster()?;
    let (index, liaison) = lookup::liaison(roster, &args.liaison).map_err(no)?;
    let at = args.at.map_or(editing.now, |at| at.in_zone(&roster.timezone));
    let (position, absence) = find(roster, liaison, at, editing.now)?;
    let show = |at| local(roster, at, editing.now);
    let (name, until) = (&liaison.name, show(absence.to));
    // Times in the files are whole minutes.
    let at = at - chrono::TimeDelta::seconds(at.timestamp().rem_euclid(60));
    let (text, headline, from) = if at <= absence.from {
        let text = edit::remove_away(editing.text(), index, position).map_err(no)?;
        (text, format!("{name}'s absence from {} to {until} is removed", show(absence.from)), absence.from)
    } else {
        let back = lookup::local(&roster.timezone, at).map_err(no)?;
        let text = edit::set_away_end(editing.text(), index, position, back).map_err(no)?;
        (text, format!("{name} is back at {} instead of {until}", show(at)), at)
    };
    let change = Change { text, headline, from, to: absence.to, saved_if: SavedIf::Always };
    editing.finish(&change, args.trial)
}

/// The absence that covers `at`, with its position in the list.
fn find<'a>(
    roster: &Roster,
    liaison: &'a Liaison,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(usize, &'a Absence)> {
    let covers = |(_, one): &(usize, &Absence)| one.from <= at && at < one.to;
    if let Some(found) = liaison.away.iter().enumerate().find(covers) {
        return Ok(found);
    }
    let mut message = format!("{} is not away at {}", liaison.name, local(roster, at, now));
    let ahead: Vec<_> = liaison.away.iter().filter(|one| one.from > now).collect();
    if ahead.is_empty() {
        message.push_str(", and no absence is recorded after that");
    } else {
        message.push_str(". Recorded absences, each with the `--at` that removes it:");
    }
    for one in ahead {
        let start = roster.timezone.write(one.from, "%Y-%m-%d %H:%M");
        let (place, until) = (&one.place, local(roster, one.to, now));
        message.push_str(&format!("\n  {}:{}  --at \"{start}\", until {until}", place.file, place.line));
    }
    Err(no(message))
}

/// Prints the person's on-call time in other rosters during the absence, which does not apply there, and the command
/// that adds it there.
fn tell_elsewhere(editing: &Editing, liaison: &Liaison, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Result<()> {
    let roster = editing.roster()?;
    let held = cross_roster::held(editing.plan(), &roster.department, liaison, (from.max(editing.now), to));
    for (index, one) in held.iter().enumerate() {
        let (there, role, id) = (&one.roster.department, &one.role, &one.liaison.id);
        let (start, end) = (one.times[0].0, one.times[one.times.len() - 1].1);
        let times =
            format!("from {} to {}", local(one.roster, start, editing.now), local(one.roster, end, editing.now));
        let turns = if one.times.len() == 1 { "" } else { " at times" };
        let mut told = format!("{} is also on call as {role} in `{there}`{turns} {times}", liaison.name);
        let is_last = held.get(index + 1).is_none_or(|next| (&next.roster.department, &next.liaison.id) != (there, id));
        if is_last {
            let typed = |at| local_time::to_local(&one.roster.timezone, at).format("%Y-%m-%d %H:%M");
            let (start, end) = (typed(from), typed(to));
            let command =
                format!("wardbell away add --department {there} --liaison {id} --from \"{start}\" --to \"{end}\"");
            told.push_str(&format!(". To add the absence there too, run `{command}`"));
        }
        writeln!(anstream::stderr(), "{told}")?;
    }
    Ok(())
}
