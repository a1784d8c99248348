//! `wardbell away add`: adds an absence to a roster.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, Trial, interval, no, nothing_to_do};
use crate::cli::effect::local;
use crate::cli::exit::Exit;
use crate::cli::when::When;
use crate::config::edit::{self, LocalAway, lookup};
use crate::domain::id::{DepartmentId, LiaisonId};
use crate::domain::roster::Liaison;
use crate::domain::{cross_roster, local_time};

#[derive(Debug, Subcommand)]
pub enum Away {
    /// Add an absence, and who covers it.
    Add(Add),
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

/// Adds an absence.
///
/// # Errors
///
/// The files are not valid, have no such person, or would not be valid after the change.
pub fn away(config_file: &Path, Away::Add(args): &Away) -> Result<Exit> {
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
    let text = edit::add_away(&editing.text, index, &away).map_err(no)?;
    let headline = format!("{} is away from {} to {}", liaison.name, show(from), show(to));
    let exit = editing.finish(&Change { text, headline, from, to }, args.trial)?;
    tell_elsewhere(&editing, liaison, (from, to))?;
    Ok(exit)
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
