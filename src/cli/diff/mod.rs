//! `wardbell diff`: whose on-call time differs between two versions of the files, and when.

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
use crate::domain::plan_diff::PlanDiff;
use crate::domain::plan_diff::fact::Contacts;
use crate::domain::plan_diff::window::Window;
use crate::domain::wait::Wait;

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
pub struct Diff {
    /// Old version: a configuration file, its folder, or a git revision such as `HEAD~1` or `origin/main` of the folder that
    /// `--config` is in. A file or folder of that name takes precedence over a revision.
    old: String,
    /// New version, in the same form.
    new: String,
    /// How far ahead to compare on-call time.
    #[arg(long, default_value = "90d", value_name = "WAIT")]
    horizon: Wait,
    /// Start of the comparison, such as 2026-12-24T17:00:00Z, or `2026-12-24 17:00` in the time zone of the new version's
    /// fallback department; default: now.
    #[arg(long, value_name = "T")]
    at: Option<When>,
    /// Show phone numbers and addresses; by default only whether they differ, because many people may read the output.
    #[arg(long)]
    show_contacts: bool,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

const AFTER_HELP: &str = "In a pull request: wardbell --config wardbell.toml diff origin/main wardbell.toml";

const AFTER_LONG_HELP: &str = "\
In a pull request:
  wardbell --config wardbell.toml diff origin/main wardbell.toml

Exits with 0 if nothing differs, 1 if something does, and 64 if one of the two versions cannot be used. Comments, owners, \
and review dates are ignored, as are past overrides and absences. For phone numbers and addresses, only the fact of a \
change is shown, unless you use `--show-contacts`. Do not use it in a pull request.

With `--format json`, times are RFC 3339 in UTC and people are liaison IDs:
  {\"differences\": n, \"from\", \"to\",
   \"hospital\": [FACT],
   \"departments\": [{\"department\", \"name\", \"change\", \"facts\": [FACT]}],
   \"duty\": [{\"department\", \"role\", \"from\", \"to\", \"before\", \"after\"}],
   \"ladders\": [{\"ladder\", \"before\", \"after\", \"classes\"}],
   \"classes\": [{\"class\", \"title\", \"change\", \"facts\": [FACT],
     \"first_pages\": [{\"department\", \"when\", \"at\", \"before\": [], \"after\": []}]}]}
A FACT is {\"what\", \"before\", \"after\"}, with null if that version does not have it, and \"(not shown)\" for a
contact without `--show-contacts`. \"change\" is comes, goes, or changes; null for an unchanged class whose first page
goes to someone else. \"when\" is hours or after-hours, and \"at\" is the first time at which the first page was seen
to differ. Intervals in \"duty\" are half-open; null is a gap.
\"differences\" counts facts, intervals, ladders, and first pages; an added or removed item counts once.";

/// Prints the differences.
///
/// # Errors
///
/// One of the two versions cannot be found or is not valid.
pub fn diff(config_file: &Path, args: &Diff) -> Result<Exit> {
    let now = SystemClock.wall();
    let today = args.at.map_or_else(|| now.date_naive(), When::day);
    let old = side::read(&args.old, config_file, today)?;
    let new = side::read(&args.new, config_file, today)?;
    let from = args.at.map_or(now, |when| when.in_zone(&new.zone(&new.fallback)));
    let to = from.checked_add_signed(args.horizon.delta());
    let to = to.ok_or_else(|| Ending::usage("the comparison starts too late; use an earlier `--at`"))?;
    let contacts = if args.show_contacts { Contacts::Shown } else { Contacts::Withheld };
    let difference = PlanDiff::between(&old, &new, Window { from, to }, contacts);
    let mut out = anstream::stdout();
    match args.format {
        Format::Json => writeln!(out, "{:#}", json::report(&difference))?,
        Format::Text => text::write(&difference, &old, &new, &mut out)?,
    }
    Ok(if difference.count() == 0 { Exit::Fine } else { Exit::No })
}
