//! Shared by the commands that edit a roster: read it, try the change, save it, and report the effect.

use std::fs;
use std::io::{IsTerminal, Write, stdin};
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
use crate::config::import::label::Label;
use crate::config::loaded::Loaded;
use crate::diagnostic::{Colour, Diagnostic, Severity};
use crate::domain::digest::Digest;
use crate::domain::id::DepartmentId;
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::zone::rules::Rules;

#[derive(Debug, Clone, Copy, Args)]
pub struct Trial {
    /// Print the change as a diff without saving it.
    #[arg(long)]
    pub dry_run: bool,
    /// Save without asking; in a terminal, the command shows the effect and asks first.
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// Whether an edit that changes no one's on-call time is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutEffect {
    Saved,
    Refused,
}

pub struct Editing {
    config_file: PathBuf,
    before: Loaded,
    plan: Plan,
    department: DepartmentId,
    path: String,
    /// The present text of the file.
    pub text: String,
    read: Digest,
    /// When the command started.
    pub now: DateTime<Utc>,
}

pub struct Change {
    pub text: String,
    /// What was done, in one line.
    pub headline: String,
    /// The first instant at which on-call time may change.
    pub from: DateTime<Utc>,
    /// The end of the affected time.
    pub to: DateTime<Utc>,
    pub without_effect: WithoutEffect,
}

impl Editing {
    /// Reads all files, which must be valid; secret files may be missing.
    ///
    /// # Errors
    ///
    /// They are not valid (the errors are printed), or there is no such department.
    pub fn open(config_file: &Path, department: &DepartmentId) -> Result<Self> {
        Self::open_of(config_file, |plan| lookup::roster(plan, department))
    }

    /// The same for a roster that is chosen from the plan.
    ///
    /// # Errors
    ///
    /// The files are not valid (the errors are printed), or no roster is chosen.
    pub fn open_of(config_file: &Path, choose: impl FnOnce(&Plan) -> Result<&Roster, lookup::Unknown>) -> Result<Self> {
        let now = SystemClock.wall();
        let before = config::load(config_file, now.date_naive(), &zones::rules());
        let Some(plan) = before.plan().cloned() else {
            check::write(&before, Format::Text, &mut anstream::stderr())?;
            let message = format!("cannot use {}. Fix these errors first", config_file.display());
            return Err(Ending::unusable(message).into());
        };
        let roster = choose(&plan).map_err(no)?;
        let department = roster.department.clone();
        // A roster that is valid has at least one liaison.
        let path = roster.liaisons.first().map(|liaison| liaison.place.file.to_string()).unwrap_or_default();
        let file = home(config_file).join(&path);
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let read = Digest::of(text.as_bytes());
        let planned = plan.files.iter().find(|file| file.path == path).map(|file| file.sha256);
        if planned != Some(read) {
            return Err(no(save::NotSaved::Changed(file)));
        }
        Ok(Self { config_file: config_file.to_owned(), before, plan, department, path, text, read, now })
    }

    /// The roster before the change.
    ///
    /// # Errors
    ///
    /// Never: the roster was found when the files were read.
    pub fn roster(&self) -> Result<&Roster> {
        lookup::roster(&self.plan, &self.department).map_err(no)
    }

    /// The plan before the change.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The path of the roster, relative to the configuration.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn rules(&self) -> &Rules {
        &self.plan.rules
    }

    /// Tries the change on all files, saves it unless that is not wanted or causes a new error, and reports the effect.
    ///
    /// # Errors
    ///
    /// The change makes the files invalid (the errors are printed), or the file cannot be written.
    pub fn finish(&self, change: &Change, trial: Trial) -> Result<Exit> {
        let after =
            config::load_changed(&self.config_file, self.now.date_naive(), &self.plan.rules, &self.path, &change.text);
        let told = new_diagnostics(&self.before, &after);
        let mut err = anstream::stderr();
        let Some(plan) = after.plan().filter(|_| told.iter().all(|one| one.severity != Severity::Error)) else {
            for diagnostic in told.iter().filter(|one| one.severity == Severity::Error).take(TOLD_MAX) {
                writeln!(err, "{}", diagnostic.render(Colour::Ansi))?;
            }
            return Err(Ending::no(format!("{} was not changed: the change would cause an error", self.path)).into());
        };
        let changed = lookup::roster(plan, &self.department).map_err(no)?;
        let effect =
            effect::Effect { before: self.roster()?, after: changed, now: self.now, from: change.from, to: change.to };
        if change.without_effect == WithoutEffect::Refused && !effect.changes_duty() {
            return Err(no(format!("{} was not changed: {}", self.path, effect.none())));
        }
        let mut out = anstream::stdout();
        if trial.dry_run {
            write!(out, "{}", diff::unified(&self.path, &self.text, &change.text))?;
            // Only the diff goes to standard output, for `patch`.
            writeln!(err, "Not saved: {}", change.headline)?;
            effect.write(&mut err)?;
            return tell(&told).map(|()| Exit::Fine);
        }
        let asks = !trial.yes && stdin().is_terminal();
        if asks {
            writeln!(out, "{}: {}", self.path, change.headline)?;
            effect.write(&mut out)?;
            tell(&told)?;
            if !is_confirmed(&mut out)? {
                return Err(Ending::no(format!("{} was not changed", self.path)).into());
            }
        }
        let file = home(&self.config_file).join(&self.path);
        save::replace(&file, self.read, &change.text).map_err(no)?;
        writeln!(out, "Saved to {}: {}", self.path, change.headline)?;
        if !asks {
            effect.write(&mut out)?;
            tell(&told)?;
        }
        Ok(Exit::Fine)
    }
}

/// Asks whether to save.
fn is_confirmed(out: &mut dyn Write) -> Result<bool> {
    write!(out, "Save this change? [y/N] ")?;
    out.flush()?;
    let mut typed = String::new();
    stdin().read_line(&mut typed)?;
    Ok(matches!(typed.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Prints new findings.
fn tell(told: &[&Diagnostic]) -> Result<()> {
    let mut err = anstream::stderr();
    for diagnostic in told.iter().take(TOLD_MAX) {
        writeln!(err, "{}", diagnostic.render(Colour::Ansi))?;
    }
    if told.len() > TOLD_MAX {
        writeln!(err, "{} more; to see them, run `wardbell check`", told.len() - TOLD_MAX)?;
    }
    Ok(())
}

/// Nobody reads more findings than this after a change.
const TOLD_MAX: usize = 10;

/// # Errors
///
/// Standard output is closed.
pub fn nothing_to_do(why: &str) -> Result<Exit> {
    writeln!(anstream::stdout(), "Nothing to do. {why}")?;
    Ok(Exit::Fine)
}

/// The instants of `--from` and `--to` in the roster's time zone; prints a note if the clock skips one.
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

/// Checks the `--reason` of an override.
///
/// # Errors
///
/// It looks like that of an import.
pub fn check_reason(reason: &str) -> Result<()> {
    if Label::read(reason).is_some() {
        let message = "a `--reason` of this form marks overrides of an import, which the next import removes";
        return Err(Ending::usage(format!("{message}; choose another reason")).into());
    }
    Ok(())
}

/// Checks that a liaison who is put on call is there all the time.
///
/// # Errors
///
/// They are away or unavailable for some of it.
pub fn present(editing: &Editing, liaison: &Liaison, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Result<()> {
    let roster = editing.roster()?;
    let from = from.max(editing.now);
    if from >= to {
        return Ok(());
    }
    let show = |at| effect::local(roster, at, editing.now);
    for time in &liaison.unavailable {
        if let Some((start, end)) = roster.unavailable_periods(time, from, to).first() {
            return Err(no(format!(
                "{} is unavailable from {} to {} ({}:{}) and would not be paged then. Choose someone else or other times",
                liaison.name,
                show(*start),
                show(*end),
                time.place.file,
                time.place.line
            )));
        }
    }
    let Some(away) = liaison.away.iter().find(|away| away.from < to && from < away.to) else { return Ok(()) };
    let (name, start, end, place) = (&liaison.name, show(away.from), show(away.to), &away.place);
    let (department, id) = (&roster.department, &liaison.id);
    let typed = roster.timezone.write(away.from.max(editing.now), "%Y-%m-%d %H:%M");
    Err(no(format!(
        "{name} is away from {start} to {end} ({}:{}) and would not be paged then. Choose someone else or other times; \
         if {name} is back, run `wardbell away end --department {department} --liaison {id} --at \"{typed}\"` first",
        place.file, place.line
    )))
}

pub fn no(reason: impl std::fmt::Display) -> anyhow::Error {
    Ending::no(reason.to_string()).into()
}

fn home(config_file: &Path) -> &Path {
    config_file.parent().unwrap_or(Path::new(""))
}

/// New diagnostics after a change. Line numbers are ignored, as lines may have moved.
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

/// The message without line numbers.
fn without_numbers(message: &str) -> String {
    message.chars().filter(|one| !one.is_ascii_digit()).collect()
}
