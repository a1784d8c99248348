//! Shared by the commands that edit a roster: read it, try the change, save it, and report the effect.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::cli::effect::{self, Ends};
use crate::cli::exit::{Ending, Exit};
use crate::cli::file_edit::{Duty, FileChange, FileEdit, HospitalFiles, SavedIf, Trial, no};
use crate::cli::when::When;
use crate::config::edit::lookup;
use crate::config::import::label::Label;
use crate::domain::id::DepartmentId;
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::domain::zone::rules::Rules;

pub struct Editing {
    file: FileEdit,
    department: DepartmentId,
    /// When the command started.
    pub now: DateTime<Utc>,
}

pub struct Change {
    pub text: String,
    /// What was done, in one line; more lines may follow, with details.
    pub headline: String,
    /// The first instant at which on-call time may change.
    pub from: DateTime<Utc>,
    /// The end of the affected time.
    pub to: DateTime<Utc>,
    pub saved_if: SavedIf,
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
        let files = HospitalFiles::load(config_file)?;
        let roster = choose(files.plan()).map_err(no)?;
        let (department, path) = (roster.department.clone(), lookup::file(roster));
        let now = files.now;
        Ok(Self { file: files.edit(path)?, department, now })
    }

    /// The roster before the change.
    ///
    /// # Errors
    ///
    /// Never: the roster was found when the files were read.
    pub fn roster(&self) -> Result<&Roster> {
        lookup::roster(self.plan(), &self.department).map_err(no)
    }

    /// The plan before the change.
    pub fn plan(&self) -> &Plan {
        self.file.plan()
    }

    /// The path of the roster, relative to the configuration.
    pub fn path(&self) -> &str {
        self.file.path()
    }

    /// The present text of the file.
    pub fn text(&self) -> &str {
        self.file.text()
    }

    pub fn rules(&self) -> &Rules {
        &self.plan().rules
    }

    /// Tries the change on all files, saves it unless that is not wanted or causes a new error, and reports the effect.
    ///
    /// # Errors
    ///
    /// The change makes the files invalid (the errors are printed), or the file cannot be written.
    pub fn finish(&self, change: &Change, trial: Trial) -> Result<Exit> {
        let Change { text, headline, from, to, saved_if } = change;
        let duty = Duty { before: self.roster()?, from: *from, to: *to, ends: Ends::Known, saved_if: *saved_if };
        self.file.save(&FileChange { text, headline, duty: Some(duty) }, trial)
    }
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
