//! `wardbell swap`: two liaisons trade their shifts of one day, as overrides.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use clap::Args;

use crate::cli::editing::{Change, Editing, check_reason, present};
use crate::cli::effect::local;
use crate::cli::exit::{Ending, Exit};
use crate::cli::file_edit::{SavedIf, Trial, no};
use crate::cli::when::date;
use crate::config::edit::{self, LocalOverride, lookup};
use crate::domain::calendar::clock::day_start;
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::roster::{Liaison, Roster};

/// How long a shift that starts on the day may last; longer ones are traded for this time only.
const SHIFT_MAX: TimeDelta = TimeDelta::days(31);

#[derive(Debug, Args)]
pub struct Swap {
    /// One liaison.
    #[arg(value_name = "A")]
    one: LiaisonId,
    /// The other.
    #[arg(value_name = "B")]
    other: LiaisonId,
    /// The day, such as `2026-12-24`: the shifts that start on it are traded. If none starts, the day is traded from 00:00
    /// to 24:00.
    #[arg(long, value_name = "DATE", value_parser = date)]
    on: NaiveDate,
    /// Department; needed only if both are liaisons of several.
    #[arg(long, value_name = "D")]
    department: Option<DepartmentId>,
    /// Reason, for readers of the roster; default: `swap`.
    #[arg(long, value_name = "TEXT", default_value = "swap", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    trial: Trial,
}

/// A shift that one of them takes over from the other.
struct Taken<'a> {
    role: Role,
    by: &'a Liaison,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Trades the shifts of a day.
///
/// # Errors
///
/// The files are not valid, neither of the two is on call that day, one of them is away during the other's shift, or the
/// files would not be valid after the change.
pub fn swap(config_file: &Path, args: &Swap) -> Result<Exit> {
    if args.one == args.other {
        return Err(Ending::usage("name two different liaisons").into());
    }
    check_reason(&args.reason)?;
    let editing = Editing::open_of(config_file, |plan| match &args.department {
        Some(department) => lookup::roster(plan, department),
        None => lookup::common_roster(plan, [&args.one, &args.other]),
    })?;
    let roster = editing.roster()?;
    let (_, one) = lookup::liaison(roster, &args.one).map_err(no)?;
    let (_, other) = lookup::liaison(roster, &args.other).map_err(no)?;
    let day = Day::of(roster, args.on);
    let taken = day.traded(roster, [(one, other), (other, one)]);
    let (Some(from), Some(to)) = (taken.iter().map(|shift| shift.from).min(), taken.iter().map(|shift| shift.to).max())
    else {
        let (one, other, day) = (&one.name, &other.name, args.on.format("%a %-d %b %Y"));
        let see = format!("wardbell schedule --department {}", roster.department);
        return Err(no(format!("neither {one} nor {other} is on call on {day}; to see who is, run `{see}`")));
    };
    for shift in &taken {
        present(&editing, shift.by, (shift.from, shift.to))?;
    }
    let changes = taken.iter().map(|shift| shift.written(roster, &args.reason)).collect::<Result<Vec<_>>>()?;
    let text = edit::insert_overrides(editing.text(), None, &changes).map_err(no)?;
    let headline = taken.iter().map(|shift| shift.said(roster, editing.now)).collect::<Vec<_>>().join("; ");
    let change = Change { text, headline, from, to, saved_if: SavedIf::Effect };
    let exit = editing.finish(&change, args.trial)?;
    if let Some(giver) = [one, other].into_iter().find(|giver| taken.iter().all(|shift| shift.by.id != giver.id)) {
        let taker = if giver.id == one.id { other } else { one };
        writeln!(anstream::stderr(), "note: {} gives away no shift of that day in return", taker.name)?;
    }
    Ok(exit)
}

/// A local day.
struct Day {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Day {
    fn of(roster: &Roster, day: NaiveDate) -> Self {
        Self { from: day_start(&roster.timezone, day), to: day_start(&roster.timezone, day + Days::new(1)) }
    }

    /// What is traded, given who takes over from whom: the shifts that start on the day or, if none does, the part on
    /// that day of those that last through it.
    fn traded<'a>(&self, roster: &Roster, both: [(&'a Liaison, &'a Liaison); 2]) -> Vec<Taken<'a>> {
        let all: Vec<Taken<'a>> = both.into_iter().flat_map(|(giver, by)| self.shifts(roster, giver, by)).collect();
        if all.iter().any(|shift| shift.from >= self.from) {
            return all.into_iter().filter(|shift| shift.from >= self.from).collect();
        }
        let on_day = |shift: Taken<'a>| Taken { from: self.from, to: shift.to.min(self.to), ..shift };
        all.into_iter().map(on_day).collect()
    }

    /// The shifts of `giver` that touch the day, to be taken over by `by`.
    fn shifts<'a>(&self, roster: &Roster, giver: &Liaison, by: &'a Liaison) -> Vec<Taken<'a>> {
        // A shift that begins before the day is known by the minute before.
        let (from, to) = (self.from - TimeDelta::minutes(1), self.to + SHIFT_MAX);
        let mut found = Vec::new();
        for role in roster.roles() {
            // As in a schedule, another rotation, window or override is another shift, also of the same person.
            let shifts = roster.shifts_by_why(&role, from, to).into_iter();
            let theirs = shifts.filter(|shift| shift.on_call.as_ref().is_some_and(|(id, _)| *id == giver.id));
            let on_day = theirs.filter(|shift| shift.from < self.to && self.from < shift.to);
            found.extend(on_day.map(|shift| Taken { role: role.clone(), by, from: shift.from, to: shift.to }));
        }
        found
    }
}

impl Taken<'_> {
    fn written(&self, roster: &Roster, reason: &str) -> Result<LocalOverride> {
        let time = |at| lookup::local(&roster.timezone, at).map_err(no);
        Ok(LocalOverride {
            role: self.role.clone(),
            from: time(self.from)?,
            to: time(self.to)?,
            liaison: self.by.id.clone(),
            reason: Some(reason.to_owned()),
        })
    }

    fn said(&self, roster: &Roster, now: DateTime<Utc>) -> String {
        let (from, to) = (local(roster, self.from, now), local(roster, self.to, now));
        format!("{} is {} from {from} to {to}", self.by.name, self.role)
    }
}
