//! Rotations and overrides: who is given a role.

use chrono::{Days, NaiveDateTime};

use crate::config::context::place;
use crate::config::import::label::Label;
use crate::config::roster::hours::never_closes;
use crate::config::roster::people::interval;
use crate::config::roster::scope::Scope;
use crate::config::roster::written::{WrittenOverride, WrittenRoster, WrittenRotation};
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::Role;
use crate::domain::roster::Override;
use crate::domain::roster::rotation::{During, Rotation};

/// Nobody plans a rotation that begins later than this: the year is a slip of the pen.
const FAR_AHEAD_DAYS: u64 = 366;

/// Checks one rotation.
pub(super) fn rotation(written: &WrittenRotation, scope: &Scope<'_>) -> Option<Rotation> {
    let mistakes = scope.context.mistakes;
    let during = during(written);
    if let (Some(written), None) = (&written.during, effective(during, scope))
        && scope.is_whole
    {
        let (message, hint) = match during {
            During::Hours => ("the roster has no hours", "add `[hours]`, or let the rotation hold `always`"),
            _ => ("the department never closes", "shorten `[hours]`, or let the rotation hold `always`"),
        };
        let message = format!("this rotation never holds: {message}");
        mistakes.push(Diagnostic::warning(Code::NeverHolds, &written.spot, message).hint(hint));
    }
    if let Some(handoff) = &written.handoff
        && handoff.value.date() > scope.context.today + Days::new(FAR_AHEAD_DAYS)
    {
        let message = "this rotation begins only in more than a year, and holds nobody before";
        let diagnostic = Diagnostic::warning(Code::NeverHolds, &handoff.spot, message);
        mistakes.push(diagnostic.hint("is the year right?"));
    }
    if let Some(every) = written.every.as_ref().filter(|_| written.handoff.is_none() && scope.is_whole) {
        let diagnostic =
            Diagnostic::error(Code::MissingKey, &every.spot, "`every` counts from a `handoff`, which is missing");
        mistakes.push(diagnostic.hint("write when the first person takes over: `handoff = \"2026-01-05 08:00\"`"));
    }
    let listed = written.liaisons.as_ref().map(|list| &list.items);
    let liaisons: Vec<_> = listed.into_iter().flatten().map(|id| scope.liaison(id)).collect();
    Some(Rotation {
        role: written.role.as_ref()?.value.clone(),
        during,
        liaisons: liaisons.into_iter().collect::<Option<_>>()?,
        every: written.every.as_ref().map(|every| every.value),
        handoff: written.handoff.as_ref().map(|handoff| handoff.value),
        place: place(&written.spot),
    })
}

/// When a rotation can hold in this department at all.
fn effective(during: During, scope: &Scope<'_>) -> Option<During> {
    match during {
        During::Hours if scope.hours.is_empty() => None,
        During::Hours if never_closes(scope.hours) => Some(During::Always),
        During::AfterHours if scope.hours.is_empty() => Some(During::Always),
        During::AfterHours if never_closes(scope.hours) => None,
        other => Some(other),
    }
}

/// Warns of rotations that never get a turn, since the first that holds for a role counts.
pub(super) fn check_shadows(roster: &WrittenRoster, scope: &Scope<'_>) {
    for (index, later) in roster.rotations.iter().enumerate().filter(|_| scope.is_whole) {
        let Some(role) = &later.role else { continue };
        let Some(during) = effective(during(later), scope) else { continue };
        let same = |one: &&WrittenRotation| one.role.as_ref().is_some_and(|one| one.value == role.value);
        let before = roster.rotations[..index].iter().filter(same).filter(|one| begins_first(one, later, scope));
        let before: Vec<_> = before.filter_map(|one| Some((one, effective(self::during(one), scope)?))).collect();
        let holds = |wanted: During| before.iter().find(|(_, one)| *one == wanted).map(|(one, _)| *one);
        let at_all_times = holds(During::Always).or_else(|| holds(During::Hours).and(holds(During::AfterHours)));
        let Some(first) = at_all_times.or_else(|| holds(during)) else { continue };
        let message = format!(
            "this rotation never gets a turn: the one on line {} holds `{}` whenever this one would",
            first.spot.line(),
            role.value
        );
        let hint = "of several rotations for a role the first in the file counts: move this one up, or take it out";
        scope.context.mistakes.push(Diagnostic::warning(Code::NeverHolds, &later.spot, message).hint(hint));
    }
}

fn during(written: &WrittenRotation) -> During {
    written.during.as_ref().map_or(During::Always, |during| during.value)
}

/// Whether one has begun by the time that another begins, or by today.
fn begins_first(one: &WrittenRotation, other: &WrittenRotation, scope: &Scope<'_>) -> bool {
    let Some(begins) = one.handoff.as_ref().map(|handoff| handoff.value) else { return true };
    let before_the_other = other.handoff.as_ref().is_some_and(|other| begins <= other.value);
    before_the_other || begins.date() < scope.context.today
}

/// Checks one override.
pub(super) fn change(written: &WrittenOverride, scope: &Scope<'_>) -> Option<Override> {
    let interval = interval(written.from.as_ref(), written.to.as_ref(), scope);
    let liaison = written.liaison.as_ref().and_then(|id| scope.liaison(id));
    let (from, to) = interval?;
    if let Some(end) = written.to.as_ref().filter(|end| from < to && end.value.date() < scope.context.today) {
        let message = format!("this override has been over since {}", end.value.format("%Y-%m-%d %H:%M"));
        let diagnostic = Diagnostic::warning(Code::PastOverride, &written.spot, message);
        scope.context.mistakes.push(diagnostic.hint("take it out: the file's history keeps it"));
    }
    Some(Override {
        role: written.role.as_ref()?.value.clone(),
        from,
        to,
        liaison: liaison?,
        reason: written.reason.as_ref().map(|reason| reason.value.0.clone()),
        place: place(&written.spot),
    })
}

/// Warns of overrides that cover the same time for the same role, but for a swap by hand in an imported schedule.
pub(super) fn check_overlaps(roster: &WrittenRoster, scope: &Scope<'_>) {
    for (index, one) in roster.overrides.iter().enumerate() {
        let Some(other) = roster.overrides[..index].iter().find(|other| overlap(one, other)) else { continue };
        let message = format!("this override covers a time that the one on line {} covers too", other.spot.line());
        let diagnostic = Diagnostic::warning(Code::OverlappingOverrides, &one.spot, message);
        scope.context.mistakes.push(diagnostic.hint("the one that stands last in the file counts"));
    }
}

/// Whether one covers a time of another that stands before it.
fn overlap(one: &WrittenOverride, other: &WrittenOverride) -> bool {
    let (Some(this), Some(that)) = (span(one), span(other)) else { return false };
    let is_imported =
        |change: &WrittenOverride| change.reason.as_ref().and_then(|one| Label::read(&one.value.0)).is_some();
    let is_swap = is_imported(other) && !is_imported(one);
    this.0 == that.0 && this.1 < that.2 && that.1 < this.2 && !is_swap
}

fn span(change: &WrittenOverride) -> Option<(&Role, NaiveDateTime, NaiveDateTime)> {
    Some((&change.role.as_ref()?.value, change.from.as_ref()?.value, change.to.as_ref()?.value))
}
