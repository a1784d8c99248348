//! Shared by the commands that edit a file: read all files, try the change, save it, and report the effect.

use std::fs;
use std::io::{self, IsTerminal, Write, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::cli::check;
use crate::cli::effect::{Effect, Ends};
use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::clock::{Clock, SystemClock, zones};
use crate::config;
use crate::config::edit::{diff, lookup, save};
use crate::config::loaded::Loaded;
use crate::diagnostic::{Colour, Diagnostic, Severity};
use crate::domain::digest::Digest;
use crate::domain::plan::Plan;
use crate::domain::roster::Roster;

#[derive(Debug, Clone, Copy, Args)]
pub struct Trial {
    /// Print the change as a diff without saving it.
    #[arg(long)]
    pub dry_run: bool,
    /// Save without asking; in a terminal, the command shows the effect and asks first.
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// What an edit must do to be saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SavedIf {
    Always,
    /// It changes someone's on-call time.
    Effect,
    /// It leaves no role without anyone, unless someone agrees to that.
    NoGap,
}

/// All files as they are before an edit.
pub struct HospitalFiles {
    config_file: PathBuf,
    before: Loaded,
    plan: Plan,
    /// When the command started.
    pub now: DateTime<Utc>,
}

/// The file that is edited.
pub struct FileEdit {
    files: HospitalFiles,
    /// Relative to the configuration.
    path: String,
    text: String,
    /// `None` if the file is not there yet.
    read: Option<Digest>,
}

pub struct FileChange<'a> {
    pub text: &'a str,
    /// What was done, in one line; more lines may follow, with details.
    pub headline: &'a str,
    /// The roster whose on-call time may change.
    pub duty: Option<Duty<'a>>,
}

/// On-call time that an edit may change.
pub struct Duty<'a> {
    pub before: &'a Roster,
    /// The first instant at which it may change.
    pub from: DateTime<Utc>,
    /// The end of the affected time.
    pub to: DateTime<Utc>,
    pub ends: Ends,
    pub saved_if: SavedIf,
}

impl HospitalFiles {
    /// Reads all files, which must be valid. Edits need no secrets, so nothing is said about them.
    ///
    /// # Errors
    ///
    /// The files are not valid (the errors are printed).
    pub fn load(config_file: &Path) -> Result<Self> {
        let now = SystemClock.wall();
        let mut before = config::load(config_file, now.date_naive(), &zones::rules());
        let Some(plan) = before.plan().cloned() else {
            before.diagnostics.retain(|diagnostic| !diagnostic.code.is_of_secret());
            check::write(&before, Format::Text, &mut anstream::stderr())?;
            let message = format!("cannot use {}. Fix these errors first", config_file.display());
            return Err(Ending::unusable(message).into());
        };
        Ok(Self { config_file: config_file.to_owned(), before, plan, now })
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Opens a file to edit it; it need not be there.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has changed since the files were read.
    pub fn edit(self, path: String) -> Result<FileEdit> {
        let file = self.resolve(&path);
        let text = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let read = text.as_ref().map(|text| Digest::of(text.as_bytes()));
        let planned = self.plan.files.iter().find(|file| file.path == path).map(|file| file.sha256);
        if planned != read {
            return Err(no(save::NotSaved::Changed(file)));
        }
        Ok(FileEdit { files: self, path, text: text.unwrap_or_default(), read })
    }

    fn resolve(&self, path: &str) -> PathBuf {
        self.config_file.parent().unwrap_or(Path::new("")).join(path)
    }
}

impl FileEdit {
    /// The plan before the change.
    pub fn plan(&self) -> &Plan {
        &self.files.plan
    }

    /// When the command started.
    pub fn now(&self) -> DateTime<Utc> {
        self.files.now
    }

    /// Relative to the configuration.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The present text; empty if the file is not there yet.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tries the change on all files, saves it unless that is not wanted or causes a new error, and reports the effect.
    ///
    /// # Errors
    ///
    /// The change makes the files invalid (the errors are printed), does not do what it must, or the file cannot be
    /// written.
    pub fn save(&self, change: &FileChange<'_>, trial: Trial) -> Result<Exit> {
        let HospitalFiles { config_file, before, plan, now } = &self.files;
        let after = config::load_changed(config_file, now.date_naive(), &plan.rules, &self.path, change.text);
        let told = new_diagnostics(before, &after);
        let (mut out, mut err) = (anstream::stdout(), anstream::stderr());
        let Some(plan) = after.plan().filter(|_| told.iter().all(|one| one.severity != Severity::Error)) else {
            let errors = told.iter().filter(|one| one.severity == Severity::Error && !one.code.is_of_secret());
            for diagnostic in errors.take(TOLD_MAX) {
                writeln!(err, "{}", diagnostic.render(Colour::Ansi))?;
            }
            return Err(self.unchanged("the change would cause an error"));
        };
        let effect = change.duty.as_ref().map(|duty| self.effect(duty, plan)).transpose()?;
        let saved_if = change.duty.as_ref().map(|duty| duty.saved_if);
        if let Some(effect) = effect.as_ref().filter(|_| saved_if == Some(SavedIf::Effect))
            && !effect.changes_duty()
        {
            return Err(self.unchanged(effect.none()));
        }
        if trial.dry_run {
            write!(out, "{}", diff::unified(&self.path, &self.text, change.text))?;
            // Only the diff goes to standard output, for `patch`.
            writeln!(err, "Not saved: {}", change.headline)?;
            write_effect(effect.as_ref(), &mut err)?;
            return tell(&told).map(|()| Exit::Fine);
        }
        let asks = !trial.yes && stdin().is_terminal();
        if asks {
            writeln!(out, "{}: {}", self.path, change.headline)?;
            write_effect(effect.as_ref(), &mut out)?;
            tell(&told)?;
            if !is_confirmed(&mut out)? {
                return Err(Ending::no(format!("{} was not changed", self.path)).into());
            }
        } else if let Some(gap) = effect.as_ref().and_then(Effect::new_gap)
            && saved_if == Some(SavedIf::NoGap)
            && !trial.yes
        {
            writeln!(err, "Not saved: {}", change.headline)?;
            write_effect(effect.as_ref(), &mut err)?;
            return Err(
                self.unchanged(&format!("{gap}. Put someone else on call first, or add `--yes` to save it anyway"))
            );
        }
        self.write(change.text)?;
        writeln!(out, "Saved to {}: {}", self.path, change.headline)?;
        if !asks {
            write_effect(effect.as_ref(), &mut out)?;
            tell(&told)?;
        }
        Ok(Exit::Fine)
    }

    fn effect<'a>(&self, duty: &Duty<'a>, after: &'a Plan) -> Result<Effect<'a>> {
        let Duty { before, from, to, ends, .. } = *duty;
        Ok(Effect {
            before,
            after: lookup::roster(after, &before.department).map_err(no)?,
            now: self.files.now,
            from,
            to,
            ends,
        })
    }

    fn write(&self, text: &str) -> Result<()> {
        let file = self.files.resolve(&self.path);
        let saved = match self.read {
            Some(read) => save::replace(&file, read, text),
            None => {
                let like = self.plan().rosters.values().next().map(|roster| lookup::file(roster)).unwrap_or_default();
                save::create(&file, &self.files.resolve(&like), text)
            }
        };
        saved.map_err(no)
    }

    fn unchanged(&self, why: &str) -> anyhow::Error {
        no(format!("{} was not changed: {why}", self.path))
    }
}

fn write_effect(effect: Option<&Effect<'_>>, out: &mut dyn Write) -> io::Result<()> {
    effect.map_or(Ok(()), |effect| effect.write(out))
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

pub fn no(reason: impl std::fmt::Display) -> anyhow::Error {
    Ending::no(reason.to_string()).into()
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
