//! What the commands that edit a roster share: read, try the change, write it, and say what it means.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::when::When;
use crate::cli::{check, effect};
use crate::clock::{Clock, SystemClock, zones};
use crate::config;
use crate::config::edit::{diff, lookup, save};
use crate::config::loaded::Loaded;
use crate::diagnostic::{Colour, Diagnostic, Severity};
use crate::domain::digest::Digest;
use crate::domain::id::DepartmentId;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;
use crate::domain::zone::rules::Rules;

/// How a change is made.
#[derive(Debug, Clone, Copy, Args)]
pub struct Trial {
    /// Print what would change in the file, as a diff, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// A roster's file that is about to change.
pub struct Editing {
    config_file: PathBuf,
    before: Loaded,
    plan: Plan,
    department: DepartmentId,
    path: String,
    /// What stands in the file.
    pub text: String,
    read: Digest,
    /// When the command was given.
    pub now: DateTime<Utc>,
}

/// What a change is, beside the new text.
pub struct Change {
    /// The new text of the file.
    pub text: String,
    /// What was done, in one line.
    pub headline: String,
    /// The first instant at which duty may change by it.
    pub from: DateTime<Utc>,
    /// The first instant after the last.
    pub to: DateTime<Utc>,
}

impl Editing {
    /// Reads all files, which must be valid but for secrets that are not at hand.
    ///
    /// # Errors
    ///
    /// They are not, which is told, or there is no such department.
    pub fn open(config_file: &Path, department: &DepartmentId) -> Result<Self> {
        let now = SystemClock.wall();
        let before = config::load(config_file, now.date_naive(), &zones::rules());
        let Some(plan) = before.plan().cloned() else {
            check::write(&before, Format::Text, &mut anstream::stderr())?;
            let message = format!("{} cannot be used: mend these mistakes first", config_file.display());
            return Err(Ending::unusable(message).into());
        };
        let roster = lookup::roster(&plan, department).map_err(no)?;
        // A roster that is valid has at least one liaison.
        let path = roster.liaisons.first().map(|liaison| liaison.place.file.to_string()).unwrap_or_default();
        let file = home(config_file).join(&path);
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let read = Digest::of(text.as_bytes());
        let planned = plan.files.iter().find(|file| file.path == path).map(|file| file.sha256);
        if planned != Some(read) {
            return Err(no(save::NotSaved::Changed(file)));
        }
        Ok(Self {
            config_file: config_file.to_owned(),
            before,
            plan,
            department: department.clone(),
            path,
            text,
            read,
            now,
        })
    }

    /// The roster as it is.
    ///
    /// # Errors
    ///
    /// Never: it was found when the files were read.
    pub fn roster(&self) -> Result<&Roster> {
        lookup::roster(&self.plan, &self.department).map_err(no)
    }

    /// All that is in force, with the roster as it is.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Where the roster stands, relative to the configuration.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The time zones that rosters may name.
    pub fn rules(&self) -> &Rules {
        &self.plan.rules
    }

    /// Tries the change on all files; writes it unless that was not asked for or makes a new error; tells what it means.
    ///
    /// # Errors
    ///
    /// The change makes the files wrong, which is told, or the file cannot be written.
    pub fn finish(&self, change: &Change, trial: Trial) -> Result<Exit> {
        let after =
            config::load_changed(&self.config_file, self.now.date_naive(), &self.plan.rules, &self.path, &change.text);
        let told = new_diagnostics(&self.before, &after);
        let mut err = anstream::stderr();
        let Some(plan) = after.plan().filter(|_| told.iter().all(|one| one.severity != Severity::Error)) else {
            for diagnostic in told.iter().filter(|one| one.severity == Severity::Error).take(TOLD_MAX) {
                writeln!(err, "{}", diagnostic.render(Colour::Ansi))?;
            }
            return Err(Ending::no(format!("{} stays as it was: the change would break it", self.path)).into());
        };
        let changed = lookup::roster(plan, &self.department).map_err(no)?;
        let effect =
            effect::Effect { before: self.roster()?, after: changed, now: self.now, from: change.from, to: change.to };
        let mut out = anstream::stdout();
        if trial.dry_run {
            write!(out, "{}", diff::unified(&self.path, &self.text, &change.text))?;
            // The diff stands alone on standard output, for `patch`.
            writeln!(err, "not written: {}", change.headline)?;
            effect.write(&mut err)?;
        } else {
            let file = home(&self.config_file).join(&self.path);
            save::replace(&file, self.read, &change.text).map_err(no)?;
            writeln!(out, "{}", change.headline)?;
            effect.write(&mut out)?;
        }
        for diagnostic in told.iter().take(TOLD_MAX) {
            writeln!(err, "{}", diagnostic.render(Colour::Ansi))?;
        }
        if told.len() > TOLD_MAX {
            writeln!(err, "and {} more: run `wardbell check`", told.len() - TOLD_MAX)?;
        }
        Ok(Exit::Fine)
    }
}

/// More findings than this nobody reads after a change.
const TOLD_MAX: usize = 10;

/// Tells that nothing had to be done.
///
/// # Errors
///
/// Standard output is gone.
pub fn nothing_to_do(why: &str) -> Result<Exit> {
    writeln!(anstream::stdout(), "nothing to do: {why}")?;
    Ok(Exit::Fine)
}

/// The instants of `--from` and `--to` on the roster's clock; tells of one that the clock skips.
///
/// # Errors
///
/// The end is not after the start.
pub fn interval(roster: &Roster, from: When, to: When) -> Result<(DateTime<Utc>, DateTime<Utc>)> {
    let skipped: Vec<String> = [from, to].into_iter().filter_map(|when| when.skipped(&roster.timezone)).collect();
    let (from, to) = (from.in_zone(&roster.timezone), to.in_zone(&roster.timezone));
    if to <= from {
        let why = skipped.first().map_or(String::new(), |why| format!(": {why}"));
        return Err(Ending::usage(format!("`--to` must be after `--from`{why}")).into());
    }
    for why in skipped {
        writeln!(anstream::stderr(), "note: {why}")?;
    }
    Ok((from, to))
}

/// The answer is "no", for that reason.
pub fn no(reason: impl std::fmt::Display) -> anyhow::Error {
    Ending::no(reason.to_string()).into()
}

fn home(config_file: &Path) -> &Path {
    config_file.parent().unwrap_or(Path::new(""))
}

/// What is wrong after a change and was not before; lines may have moved.
fn new_diagnostics<'a>(before: &Loaded, after: &'a Loaded) -> Vec<&'a Diagnostic> {
    let key = |one: &Diagnostic| (one.code, one.file.clone(), without_numbers(&one.message));
    let mut known: Vec<_> = before.diagnostics.iter().map(key).collect();
    let mut new = Vec::new();
    for diagnostic in &after.diagnostics {
        match known.iter().position(|known| *known == key(diagnostic)) {
            Some(index) => drop(known.swap_remove(index)),
            None => new.push(diagnostic),
        }
    }
    new
}

/// A message may name another line.
fn without_numbers(message: &str) -> String {
    message.chars().filter(|one| !one.is_ascii_digit()).collect()
}
