//! People who are on leave in one roster and on call in another.

use chrono::{DateTime, Utc};

use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::cross_roster::{self, CrossRosterDuty};
use crate::domain::local_time;
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::{Away, Liaison, Roster};

/// A diagnostic for each role that someone on leave has in another roster, at their entry there.
pub fn away_elsewhere(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let rosters = walk.plan.rosters.values().map(AsRef::as_ref);
    let leaves = rosters.flat_map(|roster: &Roster| {
        roster.liaisons.iter().flat_map(move |liaison| liaison.away.iter().map(move |away| (roster, liaison, away)))
    });
    let rosters = walk.plan.rosters.values().map(AsRef::as_ref);
    let weekly = rosters.flat_map(|roster: &Roster| {
        roster
            .liaisons
            .iter()
            .flat_map(move |liaison| liaison.unavailable.iter().map(move |time| (roster, liaison, time)))
    });
    let of_leaves = leaves.flat_map(|leave| of_leave(walk, leave));
    of_leaves.chain(weekly.flat_map(|time| of_weekly_time(walk, time))).collect()
}

fn of_weekly_time(walk: &Walk<'_>, (roster, liaison, time): (&Roster, &Liaison, &Unavailable)) -> Vec<Diagnostic> {
    let span = (walk.span.from, walk.span.to);
    let held = cross_roster::held(walk.plan, &roster.department, liaison, span);
    if held.is_empty() {
        return Vec::new();
    }
    let periods = roster.unavailable_periods(time, span.0, span.1);
    let report = |held: &CrossRosterDuty<'_>| {
        let meets = |one: &Period, other: &Period| {
            let both = (one.0.max(other.0), one.1.min(other.1));
            (both.0 < both.1).then_some(both)
        };
        let both: Vec<Period> =
            held.times.iter().flat_map(|one| periods.iter().filter_map(|other| meets(one, other))).collect();
        let when = interval(&held.roster.timezone, *both.first()?, both.len(), span.1);
        let (id, role, there) = (&held.liaison.id, &held.role, &held.roster.department);
        let message = format!(
            "`{id}` is on call as `{role}` in `{there}` {when}, but is unavailable in the roster of `{}`",
            roster.department
        );
        let hint = format!("that is at {}:{}; write the same `unavailable` here", time.place.file, time.place.line);
        Some(Diagnostic::warning(Code::AwayElsewhere, &walk.texts.line(&held.liaison.place), message).hint(hint))
    };
    held.iter().filter_map(report).collect()
}

/// `[from, to)`
type Period = (DateTime<Utc>, DateTime<Utc>);

fn of_leave(walk: &Walk<'_>, (roster, liaison, away): (&Roster, &Liaison, &Away)) -> Vec<Diagnostic> {
    let within = (away.from.max(walk.span.from), away.to.min(walk.span.to));
    if within.0 >= within.1 {
        return Vec::new();
    }
    let held = cross_roster::held(walk.plan, &roster.department, liaison, within);
    let report = |held: &CrossRosterDuty<'_>| {
        let zone = &held.roster.timezone;
        let when = interval(zone, held.times[0], held.times.len(), within.1);
        let (id, role, there) = (&held.liaison.id, &held.role, &held.roster.department);
        let message = format!(
            "`{id}` is on call as `{role}` in `{there}` {when}, but is away in the roster of `{}`",
            roster.department
        );
        let local = |at| local_time::to_local(zone, at).format("%Y-%m-%d %H:%M");
        let entry = format!("away = [{{ from = \"{}\", to = \"{}\" }}]", local(away.from), local(away.to));
        let hint =
            format!("the absence is at {}:{}; to add it here too, use `{entry}`", away.place.file, away.place.line);
        Diagnostic::warning(Code::AwayElsewhere, &walk.texts.line(&held.liaison.place), message).hint(hint)
    };
    held.iter().map(report).collect()
}
