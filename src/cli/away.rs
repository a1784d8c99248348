//! `wardbell away add`: writes an absence into a roster.

use std::path::Path;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, Trial, no, nothing_to_do};
use crate::cli::effect::local;
use crate::cli::exit::{Ending, Exit};
use crate::cli::when::When;
use crate::config::edit::{self, LocalAway, lookup};
use crate::domain::id::{DepartmentId, LiaisonId};

/// What to do with absences.
#[derive(Debug, Subcommand)]
pub enum Away {
    /// Somebody goes on leave, and who covers.
    Add(Add),
}

/// Who is away when.
#[derive(Debug, Args)]
pub struct Add {
    /// The department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Who goes.
    #[arg(long, value_name = "L")]
    liaison: LiaisonId,
    /// The first minute away, such as `2026-12-20` or `2026-12-24 17:00` on the roster's clock.
    #[arg(long, value_name = "T")]
    from: When,
    /// The first minute back.
    #[arg(long, value_name = "T")]
    to: When,
    /// Who covers; the next in the rotation, if left out.
    #[arg(long, value_name = "L")]
    cover: Option<LiaisonId>,
    #[command(flatten)]
    trial: Trial,
}

/// Adds an absence.
///
/// # Errors
///
/// The files cannot be used, name no such person, or would be wrong after it.
pub fn away(config_file: &Path, Away::Add(args): &Away) -> Result<Exit> {
    let editing = Editing::open(config_file, &args.department)?;
    let roster = editing.roster()?;
    let (index, liaison) = lookup::liaison(roster, &args.liaison).map_err(no)?;
    if let Some(cover) = &args.cover {
        lookup::liaison(roster, cover).map_err(no)?;
    }
    let (from, to) = (args.from.in_zone(roster.timezone), args.to.in_zone(roster.timezone));
    if to <= from {
        return Err(Ending::usage("`--to` must be after `--from`").into());
    }
    let show = |at| local(roster, at, editing.now);
    if let Some(other) = liaison.away.iter().find(|other| other.from < to && from < other.to) {
        if (other.from, other.to, &other.cover) == (from, to, &args.cover) {
            return nothing_to_do(&format!("{}:{} says so already", other.place.file, other.place.line));
        }
        return Err(no(format!(
            "{} is away from {} to {} already ({}:{}): change that entry, or name other times",
            liaison.name,
            show(other.from),
            show(other.to),
            other.place.file,
            other.place.line
        )));
    }
    let times = |at| lookup::local(roster.timezone, at).map_err(no);
    let away = LocalAway { from: times(from)?, to: times(to)?, cover: args.cover.clone() };
    let text = edit::add_away(&editing.text, index, &away).map_err(no)?;
    let headline = format!("{} is away from {} to {}, says {}", liaison.name, show(from), show(to), editing.path());
    editing.finish(&Change { text, headline, from, to }, args.trial)
}
