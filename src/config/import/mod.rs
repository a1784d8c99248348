//! From the schedules of other systems to overrides: pure functions from bytes to shifts, and from shifts to text.
//!
//! All faults are reported together, with their lines, and then nothing is written.

pub mod amion;
pub mod calendar;
mod clue;
pub mod ends;
pub mod fault;
pub mod label;
pub mod merge;
pub mod names;
pub mod people;
pub mod shift;
pub mod text;

use std::collections::BTreeSet;

use crate::config::edit::{LocalOverride, time};
use crate::config::import::fault::{Fault, first_of};
use crate::config::import::label::{Label, Origin};
use crate::config::import::people::People;
use crate::config::import::shift::Shift;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::month::Month;

/// Limit on the overrides of one import: a roster's list may have a thousand entries.
const OVERRIDES_MAX: usize = 900;

/// The months that an import covers: the requested ones, or otherwise those with shifts.
///
/// # Errors
///
/// One of them is empty, and `may_be_empty` is not set.
pub fn months_of(shifts: &[Shift], asked: &[Month], may_be_empty: bool) -> Result<BTreeSet<Month>, Fault> {
    let found: BTreeSet<Month> = shifts.iter().map(|shift| shift.month).collect();
    let empty: Vec<_> = asked.iter().filter(|month| !found.contains(month)).map(Month::to_string).collect();
    if !empty.is_empty() && !may_be_empty {
        let months = empty.join(", ");
        return Err(Fault::whole(format!(
            "no shifts in {months}. If that is right, use `--allow-empty` to remove what an earlier import added for \
             it"
        )));
    }
    Ok(found.into_iter().chain(asked.iter().copied()).collect())
}

/// The overrides for shifts, in order, with adjacent shifts of one person merged.
///
/// # Errors
///
/// Shifts of unknown people, and times with two people.
pub fn overrides(
    shifts: &[Shift],
    role: &Role,
    origin: Origin,
    people: &People<'_>,
) -> Result<Vec<LocalOverride>, Vec<Fault>> {
    let mut shifts: Vec<(&Shift, LiaisonId)> = people.name_all(shifts)?;
    shifts.sort_by_key(|(shift, _)| (shift.from, shift.to, shift.line));
    let mut faults = Vec::new();
    let mut longest: Option<&(&Shift, LiaisonId)> = None;
    for next in &shifts {
        if let Some(before) = longest.filter(|before| next.0.from < before.0.to && before.1 != next.1) {
            let message = format!(
                "`{}` and `{}` overlap from {}; a role has one person at a time",
                before.1,
                next.1,
                time(next.0.from)
            );
            faults.push(Fault { lines: vec![before.0.line, next.0.line], message });
        }
        if longest.is_none_or(|before| before.0.to < next.0.to) {
            longest = Some(next);
        }
    }
    let mut made: Vec<(LocalOverride, Month)> = Vec::new();
    for (shift, liaison) in shifts {
        let continued = made
            .last_mut()
            .filter(|(last, month)| last.liaison == liaison && *month == shift.month && shift.from <= last.to);
        if let Some((last, _)) = continued {
            last.to = last.to.max(shift.to);
            continue;
        }
        let reason = Some(Label { origin, month: shift.month }.to_string());
        let one = LocalOverride { role: role.clone(), from: shift.from, to: shift.to, liaison, reason };
        made.push((one, shift.month));
    }
    if made.len() > OVERRIDES_MAX {
        faults.push(Fault::whole(format!(
            "this makes more than {OVERRIDES_MAX} overrides; import fewer months at a time"
        )));
    }
    if faults.is_empty() { Ok(made.into_iter().map(|(one, _)| one).collect()) } else { Err(first_of(faults)) }
}
