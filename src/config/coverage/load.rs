//! People who are on call too much: as primary for more than half of all hours, or in two departments at once.
//!
//! Only `primary` counts: a backup is paged only if the primary does not answer, so someone may well be the backup at all
//! times.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::coverage::persons::{By, numbered};
use crate::config::coverage::span::Span;
use crate::config::coverage::stretches::{Stretch, merged};
use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::config::diagnostics::quoted_list;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::Role;
use crate::domain::place::Place;
use crate::domain::roster::{Liaison, Roster};

/// Turns even out over a year, also monthly ones.
const YEAR: TimeDelta = TimeDelta::days(365);

/// Two people who share all hours may each take over some turns of the other's leave, and a year is not a whole number of
/// turns.
const FOR_LEAVE: TimeDelta = TimeDelta::days(21);

/// A period in which someone is primary.
struct Duty<'a> {
    stretch: Stretch,
    roster: &'a Roster,
    liaison: &'a Liaison,
    place: &'a Place,
}

/// Until when the hours of a person are counted.
pub fn counted_to(span: Span) -> DateTime<Utc> {
    span.to.max(span.from + YEAR)
}

/// A diagnostic for everyone who has too many hours, or two departments at once.
pub fn find(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let until = counted_to(walk.span);
    let numbers = numbered(walk.plan, By::Person);
    let primary = Role::primary();
    let rosters: Vec<&Roster> = walk.plan.rosters.values().map(AsRef::as_ref).collect();
    let duties = walk.threads.map(&rosters, |roster| walk.duties.role(&roster.department, &primary));
    let mut by_person: BTreeMap<usize, Vec<Duty<'_>>> = BTreeMap::new();
    for (position, (roster, duty)) in rosters.iter().zip(&duties).enumerate() {
        for shift in duty.shifts.iter().take_while(|shift| shift.from < until) {
            let Some((id, why)) = &shift.on_call else { continue };
            let Some((liaison, number)) = roster.liaison(id).zip(numbers.get(&(position, id))) else { continue };
            let duty = Duty { stretch: (shift.from, shift.to.min(until)), roster, liaison, place: &why.place };
            by_person.entry(*number).or_default().push(duty);
        }
    }
    let of_one = |duties: &Vec<Duty<'_>>| overloaded(walk, duties, until).into_iter().chain(twice(walk, duties));
    by_person.values().flat_map(of_one).collect()
}

fn overloaded(walk: &Walk<'_>, duties: &[Duty<'_>], until: DateTime<Utc>) -> Option<Diagnostic> {
    let held = merged(duties.iter().map(|duty| duty.stretch).collect());
    let held: TimeDelta = held.into_iter().map(|(from, to)| to - from).sum();
    let all = until - walk.span.from;
    if held <= all / 2 + FOR_LEAVE {
        return None;
    }
    let liaison = duties.first()?.liaison;
    let percent = (held.num_minutes() * 200 + all.num_minutes()) / (2 * all.num_minutes());
    let message = format!(
        "`{}` is on call as `primary` in {} for {percent}% of all hours in the next {}",
        liaison.id,
        departments(duties.iter()),
        if all > YEAR { format!("{} days", all.num_days()) } else { "year".to_owned() }
    );
    let hint =
        "share these hours with more people: add them to the `liaisons` of the rotation, with `every` and `handoff`";
    Some(Diagnostic::warning(Code::Overloaded, &walk.texts.line(&liaison.place), message).hint(hint))
}

/// One diagnostic for all departments in which someone is primary at once.
fn twice(walk: &Walk<'_>, duties: &[Duty<'_>]) -> Option<Diagnostic> {
    let mut in_order: Vec<&Duty<'_>> = duties.iter().filter(|duty| duty.stretch.0 < walk.span.to).collect();
    in_order.sort_by_key(|duty| duty.stretch);
    let mut both: Vec<Stretch> = Vec::new();
    let mut found: Vec<&Duty<'_>> = Vec::new();
    let mut open: Vec<&Duty<'_>> = Vec::new();
    for duty in in_order {
        open.retain(|other| other.stretch.1 > duty.stretch.0);
        for other in &open {
            both.push((duty.stretch.0, duty.stretch.1.min(other.stretch.1).min(walk.span.to)));
            found.push(other);
            found.push(duty);
        }
        open.push(duty);
    }
    let both = merged(both);
    let last = found.get(1)?;
    let when = interval(&last.roster.timezone, *both.first()?, both.len(), walk.span.to);
    let names = departments(found.iter().copied());
    let message = format!("`{}` is `primary` in {names} at once {when}", last.liaison.id);
    let hint = "with two incidents at the same time, one department waits: put someone else on call in one of them";
    Some(Diagnostic::warning(Code::DoubleDuty, &walk.texts.line(last.place), message).hint(hint))
}

/// The departments in order, such as "`a` and `b`".
fn departments<'a, 'b: 'a>(duties: impl Iterator<Item = &'a Duty<'b>>) -> String {
    let mut names: Vec<&str> = duties.map(|duty| duty.roster.department.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    match names.split_last() {
        Some((last, [])) => format!("`{last}`"),
        Some((last, others)) => format!("{} and `{last}`", quoted_list(others.iter().copied())),
        None => String::new(),
    }
}
