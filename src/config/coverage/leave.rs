//! People who are on leave by one roster and on call by another.

use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::civil;
use crate::domain::elsewhere::{self, Elsewhere};
use crate::domain::roster::{Away, Liaison, Roster};

/// A finding for each role that somebody on leave holds in another roster meanwhile, at their entry there.
pub fn away_elsewhere(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let rosters = walk.plan.rosters.values().map(AsRef::as_ref);
    let leaves = rosters.flat_map(|roster: &Roster| {
        roster.liaisons.iter().flat_map(move |liaison| liaison.away.iter().map(move |away| (roster, liaison, away)))
    });
    leaves.flat_map(|leave| of_leave(walk, leave)).collect()
}

fn of_leave(walk: &Walk<'_>, (roster, liaison, away): (&Roster, &Liaison, &Away)) -> Vec<Diagnostic> {
    let within = (away.from.max(walk.span.from), away.to.min(walk.span.to));
    if within.0 >= within.1 {
        return Vec::new();
    }
    let held = elsewhere::held(walk.plan, &roster.department, liaison, within);
    let report = |held: &Elsewhere<'_>| {
        let zone = &held.roster.timezone;
        let when = interval(zone, held.times[0], held.times.len(), within.1);
        let (id, role, there) = (&held.liaison.id, &held.role, &held.roster.department);
        let message =
            format!("`{id}` holds `{role}` of `{there}` {when}, and is away by the roster of `{}`", roster.department);
        let local = |at| civil::to_local(zone, at).format("%Y-%m-%d %H:%M");
        let entry = format!("away = [{{ from = \"{}\", to = \"{}\" }}]", local(away.from), local(away.to));
        let hint = format!(
            "that leave is {}:{}; where it is meant for both, add it here: `{entry}`",
            away.place.file, away.place.line
        );
        Diagnostic::warning(Code::AwayElsewhere, &walk.texts.line(&held.liaison.place), message).hint(hint)
    };
    held.iter().map(report).collect()
}
