//! `wardbell import`: imports a month of another system's schedule as overrides.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use crate::cli::editing::{Change, Editing};
use crate::cli::effect::tell_hurdles;
use crate::cli::exit::{Ending, Exit};
use crate::cli::file_edit::{SavedIf, Trial, no, nothing_to_do};
use crate::config::edit::lookup;
use crate::config::import::calendar::NamedZone;
use crate::config::import::fault::Fault;
use crate::config::import::label::{Label, Origin};
use crate::config::import::merge::merge_month;
use crate::config::import::people::{MapEntry, People};
use crate::config::import::shift::Shifts;
use crate::config::import::text::BYTES_MAX;
use crate::config::import::{amion, calendar, ends, months_of, overrides};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::local_time;
use crate::domain::month::Month;
use crate::domain::zone::rules::Rules;

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Amion's CSV report of assignments (`Rpt=625c`).
    Amion(AmionFile),
    /// A calendar (`.ics`) whose events name who has the role.
    Ical(CalendarFile),
}

#[derive(Debug, Args)]
pub struct AmionFile {
    #[command(flatten)]
    into: Into,
    /// Assignment that means the role; may be repeated. Default: the only one in the report.
    #[arg(long, value_name = "NAME")]
    assignment: Vec<String>,
    /// Month such as `2026-12`; may be repeated. Default: all months in the report.
    #[arg(long, value_name = "MONTH")]
    month: Vec<Month>,
}

#[derive(Debug, Args)]
pub struct CalendarFile {
    #[command(flatten)]
    into: Into,
    /// Month such as `2026-12`; may be repeated.
    #[arg(long, value_name = "MONTH", required = true)]
    month: Vec<Month>,
    /// Time zone for a name in the calendar that is not known: `Ward time=America/Chicago`. May be repeated.
    #[arg(long, value_name = "NAME=ZONE")]
    timezone: Vec<String>,
}

#[derive(Debug, Args)]
struct Into {
    /// File to import; `-` for standard input.
    file: PathBuf,
    /// Department.
    #[arg(long, value_name = "D")]
    department: DepartmentId,
    /// Role that the shifts are for.
    #[arg(long, value_name = "R")]
    role: Role,
    /// Liaison for a name, key, or address in the other system: `Rivera, Maria=m-rivera`; `Mercy Bell=-` for a title that
    /// does not name a person. May be repeated.
    #[arg(long, value_name = "NAME=ID")]
    liaison: Vec<String>,
    /// File of such lines.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Accept months without shifts, and remove what an earlier import added for them.
    #[arg(long, requires = "month")]
    allow_empty: bool,
    /// Let shifts that end at `:59` end at the full hour.
    #[arg(long)]
    until_full_hour: bool,
    #[command(flatten)]
    trial: Trial,
}

/// # Errors
///
/// The files are not valid, the schedule cannot be read (each error names its line), or the roster would not be valid
/// after the import.
pub fn import(config_file: &Path, args: &Import) -> Result<Exit> {
    match args {
        Import::Amion(args) => {
            let Into { department, role, allow_empty: may_be_empty, .. } = &args.into;
            let editing = open(config_file, department, role)?;
            let (assignments, months, may_be_empty) = (&args.assignment, &args.month, *may_be_empty);
            let wanted = amion::Wanted { assignments, months, may_be_empty };
            let shifts = amion::read(&read(&args.into.file)?, wanted);
            let shifts = shifts.map_err(|faults| refused(&args.into.file, &faults))?;
            finish(&editing, &args.into, Origin::Amion, shifts, months)
        }
        Import::Ical(args) => {
            let Into { department, role, .. } = &args.into;
            let editing = open(config_file, department, role)?;
            let months: Vec<Month> = args.month.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            let given = named_zones(&args.timezone, editing.rules())?;
            let (zone, rules) = (&editing.roster()?.timezone, editing.rules());
            let wanted = calendar::Wanted { zone, rules, months: &months, given: &given };
            let shifts = calendar::read(&read(&args.into.file)?, wanted);
            let shifts = shifts.map_err(|faults| refused(&args.into.file, &faults))?;
            finish(&editing, &args.into, Origin::Calendar, shifts, &months)
        }
    }
}

fn open(config_file: &Path, department: &DepartmentId, role: &Role) -> Result<Editing> {
    let editing = Editing::open(config_file, department)?;
    lookup::role(editing.roster()?, role).map_err(no)?;
    Ok(editing)
}

fn finish(editing: &Editing, into: &Into, origin: Origin, shifts: Shifts, asked: &[Month]) -> Result<Exit> {
    let Shifts { mut shifts, notes } = shifts;
    if into.until_full_hour {
        ends::complete(&mut shifts);
    }
    for note in notes.iter().chain(&ends::ask(&shifts)) {
        writeln!(anstream::stderr(), "note: {note}")?;
    }
    let roster = editing.roster()?;
    let (map, map_file) = map(into)?;
    let people = People::new(roster, &map).map_err(|faults| refused(map_file, &faults))?;
    let new = overrides(&shifts, &into.role, origin, &people).map_err(|faults| refused(&into.file, &faults))?;
    let months = months_of(&shifts, asked, into.allow_empty).map_err(|fault| refused(&into.file, &[fault]))?;
    let merged = merge_month(editing.text(), roster, &into.role, &months, &new).map_err(no)?;
    let shown: Vec<String> = months.iter().map(Month::to_string).collect();
    let shown = shown.join(", ");
    let (Some((from, to)), true) = (merged.span, merged.text != editing.text()) else {
        return nothing_to_do(&format!("{} already has these shifts of {shown}", editing.path()));
    };
    let shifts = match new.len() {
        0 => "no override".to_owned(),
        1 => "1 override".to_owned(),
        count => format!("{count} overrides"),
    };
    let replaced = match merged.removed {
        0 => String::new(),
        count => format!(", replacing {count} from the previous import"),
    };
    let headline = format!("{shifts} for {} of {shown}{replaced}", into.role);
    let change = Change { text: merged.text, headline, from, to, saved_if: SavedIf::Always };
    let exit = editing.finish(&change, into.trial)?;
    let at = |local| local_time::to_instant(&roster.timezone, local);
    let given: Vec<_> = new.iter().map(|one| (&one.role, &one.liaison, at(one.from), at(one.to))).collect();
    tell_hurdles(roster, &given, editing.now, &mut anstream::stderr())?;
    let manual = roster.overrides.iter().filter(|one| {
        let is_manual = one.reason.as_deref().and_then(Label::read).is_none();
        is_manual && !new.is_empty() && one.role == into.role && one.from < to && from < one.to
    });
    for one in manual {
        let place = &one.place;
        let told = format!(
            "the override at {}:{} was added by hand and takes precedence over the import",
            place.file, place.line
        );
        writeln!(anstream::stderr(), "{told}")?;
    }
    Ok(exit)
}

fn named_zones(entries: &[String], rules: &Rules) -> Result<Vec<NamedZone>> {
    let named = entries.iter().map(|entry| {
        let usage = || Ending::usage(format!("`--timezone` takes `Ward time=America/Chicago`, not `{entry}`"));
        let (name, zone) = entry.rsplit_once('=').ok_or_else(usage)?;
        let unknown = || Ending::usage(format!("`{}` is not a time zone such as `America/Chicago`", zone.trim()));
        Ok(NamedZone { name: name.trim().to_owned(), zone: rules.find(zone.trim()).ok_or_else(unknown)? })
    });
    named.collect()
}

/// The mappings of the command line and of the file, and the name to use for them in errors.
fn map(into: &Into) -> Result<(Vec<MapEntry>, &Path)> {
    let mut map = Vec::new();
    for text in &into.liaison {
        let usage = || Ending::usage(format!("`--liaison` takes `Rivera, Maria=m-rivera`, not `{text}`"));
        map.push(MapEntry::read(text).ok_or_else(usage)?);
    }
    let Some(file) = &into.map else { return Ok((map, Path::new("--liaison"))) };
    let text = String::from_utf8(read(file)?).with_context(|| format!("{} is not UTF-8 text", file.display()))?;
    let entries = MapEntry::read_all(&text).map_err(|faults| refused(file, &faults))?;
    // The command line comes last, so that it wins.
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
    done.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

/// An error that lists every fault and says that nothing was changed.
fn refused(file: &Path, faults: &[Fault]) -> anyhow::Error {
    let lines: Vec<_> = faults.iter().map(|fault| format!("\n  {fault}")).collect();
    no(format!("cannot import {}; nothing was changed:{}", file.display(), lines.concat()))
}
