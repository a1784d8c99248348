//! Coverage gaps and their causes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::config::coverage::cause::Cause;
use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic, Source, Spot};
use crate::domain::id::{DepartmentId, Role};
use crate::domain::roster::Roster;

/// The gaps with one cause.
struct Gaps<'a> {
    cause: Cause<'a>,
    first: (DateTime<Utc>, DateTime<Utc>),
    times: usize,
}

/// One diagnostic per cause, with the first gap and the number of repeats.
pub fn find(walk: &Walk<'_>, department: &DepartmentId, role: &Role) -> Vec<Diagnostic> {
    let Some(roster) = walk.plan.rosters.get(department) else { return Vec::new() };
    let duty = walk.duties.role(department, role);
    let open = duty.shifts.iter().filter(|shift| shift.on_call.is_none() && shift.from < walk.span.to);
    let mut by_cause: BTreeMap<(u32, String), Gaps> = BTreeMap::new();
    for shift in open {
        let cause = Cause::of_gap(roster, role, shift.from);
        let key = (cause.place.map_or(0, |place| place.line), cause.hint.clone());
        let first = (shift.from, shift.to.min(walk.span.to));
        by_cause.entry(key).or_insert(Gaps { cause, first, times: 0 }).times += 1;
    }
    by_cause.values().flat_map(|gaps| report(walk, roster, role, gaps)).collect()
}

fn report(walk: &Walk<'_>, roster: &Roster, role: &Role, gaps: &Gaps<'_>) -> Vec<Diagnostic> {
    let when = interval(&roster.timezone, gaps.first, gaps.times, walk.span.to);
    let spot = match gaps.cause.place {
        Some(place) => walk.texts.line(place),
        None => start_of(walk, roster),
    };
    let message = format!("no one is on call as `{role}` in `{}` {when}", roster.department);
    let gap = Diagnostic::error(Code::CoverageGap, &spot, message).hint(gaps.cause.hint.as_str());
    let absence = gaps.cause.absence.map(|away| {
        let message =
            format!("no one covers this absence, so no one is on call as `{role}` in `{}` {when}", roster.department);
        let diagnostic = Diagnostic::warning(Code::AwayWithoutCover, &walk.texts.line(&away.place), message);
        diagnostic.hint("set a `cover`, or add someone to the rotation")
    });
    std::iter::once(gap).chain(absence).collect()
}

fn start_of(walk: &Walk<'_>, roster: &Roster) -> Spot {
    let file = roster.liaisons.first().map(|liaison| &liaison.place.file);
    let source = file.and_then(|file| walk.texts.sources.get(file));
    source.map_or_else(|| Spot::start_of(&Source::unread(roster.department.as_str())), Spot::start_of)
}
