//! `wardbell import`: a month of another system's schedule, as overrides of a roster.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing, Trial, no, nothing_to_do};
use crate::cli::effect::tell_hurdles;
use crate::cli::exit::{Ending, Exit};
use crate::config::edit::lookup;
use crate::config::import::fault::Fault;
use crate::config::import::label::{Label, Origin};
use crate::config::import::people::{MapEntry, People};
use crate::config::import::shift::Shift;
use crate::config::import::text::BYTES_MAX;
use crate::config::import::weave::weave;
use crate::config::import::{amion, calendar, months_of, overrides};
use crate::domain::civil;
use crate::domain::id::{DepartmentId, Role};
use crate::domain::month::Month;

/// Where the schedule comes from.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Amion's CSV report of assignments (`Rpt=625c`).
    Amion(AmionFile),
    /// A calendar (`.ics`) whose events say who has the role.
    Ical(CalendarFile),
}

/// A report of Amion.
#[derive(Debug, Args)]
pub struct AmionFile {
    #[command(flatten)]
    into: Into,
    /// An assignment that means the role; can be given again. Left out, the report must have only one.
    #[arg(long, value_name = "NAME")]
    assignment: Vec<String>,
    /// A month such as `2026-12`; can be given again. All that the report has, if left out.
    #[arg(long, value_name = "MONTH")]
    month: Vec<Month>,
}

/// A calendar.
#[derive(Debug, Args)]
pub struct CalendarFile {
    #[command(flatten)]
    into: Into,
    /// A month such as `2026-12`; can be given again.
    #[arg(long, value_name = "MONTH", required = true)]
    month: Vec<Month>,
}

/// Which file, and whose role it tells.
#[derive(Debug, Args)]
struct Into {
    /// The file; `-` reads from standard input.
    file: PathBuf,
    /// The department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// The role that the shifts are of.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Who is meant by a name, key or address of the other system: `Rivera, Maria=m-rivera`; or `Mercy Bell=-` for
    /// a title that names no person. Can be given again.
    #[arg(long, value_name = "NAME=ID")]
    liaison: Vec<String>,
    /// A file of such lines.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// A month that is asked for may have no shift: what an earlier import gave for it is taken away.
    #[arg(long, requires = "month")]
    allow_empty: bool,
    #[command(flatten)]
    trial: Trial,
}

/// Imports a schedule.
///
/// # Errors
///
/// The files cannot be used, the schedule cannot be understood, which is told line by line, or the roster would be wrong
/// after it.
pub fn import(config_file: &Path, args: &Import) -> Result<Exit> {
    match args {
        Import::Amion(args) => {
            let Into { department, role, allow_empty: may_be_empty, .. } = &args.into;
            let editing = open(config_file, department, role)?;
            let (assignments, months, may_be_empty) = (&args.assignment, &args.month, *may_be_empty);
            let wanted = amion::Wanted { assignments, months, may_be_empty };
            let shifts = amion::read(&read(&args.into.file)?, wanted);
            let shifts = shifts.map_err(|faults| refused(&args.into.file, &faults))?;
            finish(&editing, &args.into, Origin::Amion, &shifts, months)
        }
        Import::Ical(args) => {
            let Into { department, role, .. } = &args.into;
            let editing = open(config_file, department, role)?;
            let months: Vec<Month> = args.month.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            let shifts = calendar::read(&read(&args.into.file)?, &editing.roster()?.timezone, editing.rules(), &months);
            let shifts = shifts.map_err(|faults| refused(&args.into.file, &faults))?;
            finish(&editing, &args.into, Origin::Calendar, &shifts, &months)
        }
    }
}

fn open(config_file: &Path, department: &DepartmentId, role: &Role) -> Result<Editing> {
    let editing = Editing::open(config_file, department)?;
    lookup::role(editing.roster()?, role).map_err(no)?;
    Ok(editing)
}

fn finish(editing: &Editing, into: &Into, origin: Origin, shifts: &[Shift], asked: &[Month]) -> Result<Exit> {
    let roster = editing.roster()?;
    let (map, map_file) = map(into)?;
    let people = People::new(roster, &map).map_err(|faults| refused(map_file, &faults))?;
    let new = overrides(shifts, &into.role, origin, &people).map_err(|faults| refused(&into.file, &faults))?;
    let months = months_of(shifts, asked, into.allow_empty).map_err(|fault| refused(&into.file, &[fault]))?;
    let woven = weave(&editing.text, roster, &into.role, &months, &new).map_err(no)?;
    let shown: Vec<String> = months.iter().map(Month::to_string).collect();
    let shown = shown.join(", ");
    let (Some((from, to)), true) = (woven.span, woven.text != editing.text) else {
        return nothing_to_do(&format!("{} holds these shifts of {shown} already", editing.path()));
    };
    let shifts = match new.len() {
        0 => "no override".to_owned(),
        1 => "1 override".to_owned(),
        count => format!("{count} overrides"),
    };
    let replaced = match woven.removed {
        0 => String::new(),
        count => format!(", in place of {count} from the import before"),
    };
    let headline = format!("{shifts} for {} of {shown} in {}{replaced}", into.role, editing.path());
    let exit = editing.finish(&Change { text: woven.text, headline, from, to }, into.trial)?;
    let at = |local| civil::to_instant(&roster.timezone, local);
    let given: Vec<_> = new.iter().map(|one| (&one.role, &one.liaison, at(one.from), at(one.to))).collect();
    tell_hurdles(roster, &given, editing.now, &mut anstream::stderr())?;
    let by_hand = roster.overrides.iter().filter(|one| {
        let is_by_hand = one.reason.as_deref().and_then(Label::read).is_none();
        is_by_hand && !new.is_empty() && one.role == into.role && one.from < to && from < one.to
    });
    for one in by_hand {
        let place = &one.place;
        let told =
            format!("the override at {}:{} was written by hand, and goes before the import", place.file, place.line);
        writeln!(anstream::stderr(), "{told}")?;
    }
    Ok(exit)
}

/// The map of the command line and of the file, and what to call it where something is wrong in it.
fn map(into: &Into) -> Result<(Vec<MapEntry>, &Path)> {
    let mut map = Vec::new();
    for text in &into.liaison {
        let usage = || Ending::usage(format!("`--liaison` takes `Rivera, Maria=m-rivera`, not `{text}`"));
        map.push(MapEntry::read(text).ok_or_else(usage)?);
    }
    let Some(file) = &into.map else { return Ok((map, Path::new("--liaison"))) };
    let text = String::from_utf8(read(file)?).with_context(|| format!("{} is not UTF-8 text", file.display()))?;
    let entries = MapEntry::read_all(&text).map_err(|faults| refused(file, &faults))?;
    // What stands on the command line counts: it comes last.
    Ok((entries.into_iter().chain(map).collect(), file))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let most = BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    let done = if file == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|open| open.take(most).read_to_end(&mut bytes))
    };
    done.with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(bytes)
}

/// All that is wrong, and that nothing was written.
fn refused(file: &Path, faults: &[Fault]) -> anyhow::Error {
    let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    no(format!("{} cannot be imported, and nothing is changed:{}", file.display(), lines.concat()))
}
