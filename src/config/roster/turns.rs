//! Rotations and overrides: who has a role when.

use chrono::{Days, NaiveDateTime};

use crate::config::context::place;
use crate::config::import::label::Label;
use crate::config::roster::hours::never_closes;
use crate::config::roster::people::interval;
use crate::config::roster::raw::{RawOverride, RawRoster, RawRotation};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::Role;
use crate::domain::roster::Override;
use crate::domain::roster::rotation::{During, Rotation};

/// A rotation that starts later than this has a typo in the year.
const FAR_AHEAD_DAYS: u64 = 366;

pub(super) fn rotation(raw: &RawRotation, scope: &Scope<'_>) -> Option<Rotation> {
    let diagnostics = scope.context.diagnostics;
    let during = during(raw);
    if let (Some(raw), None) = (&raw.during, effective(during, scope))
        && scope.is_whole
    {
        let (message, hint) = match during {
            During::Hours => ("the roster has no hours", "add `[hours]`, or use `during = \"always\"`"),
            _ => ("the department never closes", "shorten `[hours]`, or use `during = \"always\"`"),
        };
        let message = format!("this rotation never applies: {message}");
        diagnostics.push(Diagnostic::warning(Code::NeverHolds, &raw.spot, message).hint(hint));
    }
    if let Some(handoff) = &raw.handoff
        && handoff.value.date() > scope.context.today + Days::new(FAR_AHEAD_DAYS)
    {
        let message = "this rotation starts more than a year from now, and no one is on call before";
        let diagnostic = Diagnostic::warning(Code::NeverHolds, &handoff.spot, message);
        diagnostics.push(diagnostic.hint("check the year"));
    }
    if let Some(every) = raw.every.as_ref().filter(|_| raw.handoff.is_none() && scope.is_whole) {
        let diagnostic = Diagnostic::error(Code::MissingKey, &every.spot, "`every` needs a `handoff`");
        diagnostics.push(diagnostic.hint("set when the first person takes over: `handoff = \"2026-01-05 08:00\"`"));
    }
    let listed = raw.liaisons.as_ref().map(|list| &list.items);
    let liaisons: Vec<_> = listed.into_iter().flatten().map(|id| scope.liaison(id)).collect();
    Some(Rotation {
        role: raw.role.as_ref()?.value.clone(),
        during,
        liaisons: liaisons.into_iter().collect::<Option<_>>()?,
        every: raw.every.as_ref().map(|every| every.value),
        handoff: raw.handoff.as_ref().map(|handoff| handoff.value),
        place: place(&raw.spot),
    })
}

/// When a rotation can apply in this department.
fn effective(during: During, scope: &Scope<'_>) -> Option<During> {
    match during {
        During::Hours if scope.hours.is_empty() => None,
        During::Hours if never_closes(scope.hours) => Some(During::Always),
        During::AfterHours if scope.hours.is_empty() => Some(During::Always),
        During::AfterHours if never_closes(scope.hours) => None,
        other => Some(other),
    }
}

/// Warns about rotations that never apply, because an earlier one for the same role always does.
pub(super) fn check_shadows(roster: &RawRoster, scope: &Scope<'_>) {
    for (index, later) in roster.rotations.iter().enumerate().filter(|_| scope.is_whole) {
        let Some(role) = &later.role else { continue };
        let Some(during) = effective(during(later), scope) else { continue };
        let same = |one: &&RawRotation| one.role.as_ref().is_some_and(|one| one.value == role.value);
        let before = roster.rotations[..index].iter().filter(same).filter(|one| begins_first(one, later, scope));
        let before: Vec<_> = before.filter_map(|one| Some((one, effective(self::during(one), scope)?))).collect();
        let holds = |wanted: During| before.iter().find(|(_, one)| *one == wanted).map(|(one, _)| *one);
        let at_all_times = holds(During::Always).or_else(|| holds(During::Hours).and(holds(During::AfterHours)));
        let Some(first) = at_all_times.or_else(|| holds(during)) else { continue };
        let message = format!(
            "this rotation never applies: the one on line {} always covers `{}` first",
            first.spot.line(),
            role.value
        );
        let hint = "if several rotations cover a role, the first in the file applies; move this one up, or remove it";
        scope.context.diagnostics.push(Diagnostic::warning(Code::NeverHolds, &later.spot, message).hint(hint));
    }
}

fn during(raw: &RawRotation) -> During {
    raw.during.as_ref().map_or(During::Always, |during| during.value)
}

/// Whether one has started by the time that the other starts, or by today.
fn begins_first(one: &RawRotation, other: &RawRotation, scope: &Scope<'_>) -> bool {
    let Some(begins) = one.handoff.as_ref().map(|handoff| handoff.value) else { return true };
    let before_the_other = other.handoff.as_ref().is_some_and(|other| begins <= other.value);
    before_the_other || begins.date() < scope.context.today
}

pub(super) fn change(raw: &RawOverride, scope: &Scope<'_>) -> Option<Override> {
    let interval = interval(raw.from.as_ref(), raw.to.as_ref(), scope);
    let liaison = raw.liaison.as_ref().and_then(|id| scope.liaison(id));
    let (from, to) = interval?;
    if let Some(end) = raw.to.as_ref().filter(|end| from < to && end.value.date() < scope.context.today) {
        let message = format!("this override ended on {}", end.value.format("%Y-%m-%d %H:%M"));
        let diagnostic = Diagnostic::warning(Code::PastOverride, &raw.spot, message);
        scope.context.diagnostics.push(diagnostic.hint("remove it; the file's history keeps it"));
    }
    Some(Override {
        role: raw.role.as_ref()?.value.clone(),
        from,
        to,
        liaison: liaison?,
        reason: raw.reason.as_ref().map(|reason| reason.value.0.clone()),
        place: place(&raw.spot),
    })
}

/// Warns about overlapping overrides for the same role, except manual swaps in an imported schedule.
pub(super) fn check_overlaps(roster: &RawRoster, scope: &Scope<'_>) {
    for (index, one) in roster.overrides.iter().enumerate() {
        let Some(other) = roster.overrides[..index].iter().find(|other| overlap(one, other)) else { continue };
        let message = format!("this override overlaps with the one on line {}", other.spot.line());
        let diagnostic = Diagnostic::warning(Code::OverlappingOverrides, &one.spot, message);
        scope.context.diagnostics.push(diagnostic.hint("the last one in the file applies"));
    }
}

/// Whether one overlaps an earlier one.
fn overlap(one: &RawOverride, other: &RawOverride) -> bool {
    let (Some(this), Some(that)) = (span(one), span(other)) else { return false };
    let is_imported = |change: &RawOverride| change.reason.as_ref().and_then(|one| Label::read(&one.value.0)).is_some();
    let is_swap = is_imported(other) && !is_imported(one);
    this.0 == that.0 && this.1 < that.2 && that.1 < this.2 && !is_swap
}

fn span(change: &RawOverride) -> Option<(&Role, NaiveDateTime, NaiveDateTime)> {
    Some((&change.role.as_ref()?.value, change.from.as_ref()?.value, change.to.as_ref()?.value))
}
