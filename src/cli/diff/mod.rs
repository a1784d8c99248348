//! `wardbell diff`: whose duty differs between two versions of the files, and when.

pub mod json;
pub mod revision;
pub mod side;
pub mod text;

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use clap::Args;

use crate::cli::exit::{Ending, Exit};
use crate::cli::format::Format;
use crate::cli::when::When;
use crate::clock::{Clock, SystemClock};
use crate::domain::difference::Difference;
use crate::domain::difference::fact::Contacts;
use crate::domain::difference::window::Window;
use crate::domain::wait::Wait;

/// Which two versions, and from when on.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
pub struct Diff {
    /// The version before: a configuration file, its folder, or a git revision such as `HEAD~1` or `origin/main` of the
    /// folder that `--config` is in. A file or folder of that name counts before a revision.
    old: String,
    /// The version after, in the same ways.
    new: String,
    /// How far duty is compared.
    #[arg(long, default_value = "90d", value_name = "WAIT")]
    horizon: Wait,
    /// From when on, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` on the clock of the new version's fallback
    /// department; now, if left out.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Tell people's phone numbers and addresses; otherwise only that they differ, since many may read what is printed.
    #[arg(long)]
    show_contacts: bool,
    /// For people, or for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

const AFTER_HELP: &str = "In a pull request: wardbell --config wardbell.toml diff origin/main wardbell.toml";

const AFTER_LONG_HELP: &str = "\
In a pull request:
  wardbell --config wardbell.toml diff origin/main wardbell.toml

Ends with 0 if nothing differs, 1 if something does, and 64 if one of the two versions cannot be used. Comments, owners \
and review dates make no difference; overrides and absences that are over are not told. Of people's phone numbers and \
addresses only the change is told, unless `--show-contacts` asks for them: leave that out in a pull request.

With `--format json`, times are RFC 3339 in UTC and persons are liaison ids:
  {\"differences\": n, \"from\", \"to\",
   \"hospital\": [FACT],
   \"departments\": [{\"department\", \"name\", \"change\", \"facts\": [FACT]}],
   \"duty\": [{\"department\", \"role\", \"from\", \"to\", \"before\", \"after\"}],
   \"ladders\": [{\"ladder\", \"before\", \"after\", \"classes\"}],
   \"classes\": [{\"class\", \"title\", \"change\", \"facts\": [FACT],
     \"first_pages\": [{\"department\", \"when\", \"at\", \"before\": [], \"after\": []}]}]}
A FACT is {\"what\", \"before\", \"after\"}, with null where that version says nothing of it, and \"(not shown)\" for a
contact without `--show-contacts`. \"change\" is comes, goes or changes; null for a class that says the same and is first
answered by somebody else. \"when\" is hours or after-hours, and \"at\" the first time at which that first page was seen
to differ. A duty's interval is half-open; null is a gap.
\"differences\" counts facts, intervals, ladders and first pages; what comes or goes counts once.";

/// Prints what differs.
///
/// # Errors
///
/// One of the two versions cannot be found or does not validate.
pub fn diff(config_file: &Path, args: &Diff) -> Result<Exit> {
    let now = SystemClock.wall();
    let today = args.at.map_or_else(|| now.date_naive(), When::day);
    let old = side::read(&args.old, config_file, today)?;
    let new = side::read(&args.new, config_file, today)?;
    let from = args.at.map_or(now, |when| when.in_zone(&new.zone(&new.fallback)));
    let to = from.checked_add_signed(args.horizon.delta());
    let to = to.ok_or_else(|| Ending::usage("the comparison starts too late: give an earlier `--at`"))?;
    let contacts = if args.show_contacts { Contacts::Shown } else { Contacts::Withheld };
    let difference = Difference::between(&old, &new, Window { from, to }, contacts);
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => writeln!(out, "{:#}", json::report(&difference))?,
        Format::Text => text::write(&difference, &old, &new, &mut out)?,
    }
    Ok(if difference.count() == 0 { Exit::Fine } else { Exit::No })
}
