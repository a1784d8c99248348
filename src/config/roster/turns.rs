//! Rotations and overrides: who is given a role.

use crate::config::context::place;
use crate::config::import::Label;
use crate::config::roster::Scope;
use crate::config::roster::people::interval;
use crate::config::roster::written::{WrittenOverride, WrittenRoster, WrittenRotation};
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::roster::Override;
use crate::domain::roster::rotation::{During, Rotation};

/// Checks one rotation.
pub(super) fn rotation(written: &WrittenRotation, scope: &Scope<'_>) -> Option<Rotation> {
    let mistakes = scope.context.mistakes;
    let during = written.during.as_ref().map_or(During::Always, |during| during.value);
    if let Some(spot) = written.during.as_ref().map(|during| &during.spot)
        && during == During::Hours
        && scope.hours.is_empty()
        && scope.is_whole
    {
        let diagnostic =
            Diagnostic::warning(Code::NeverHolds, spot, "this rotation never holds: the roster has no hours");
        mistakes.push(diagnostic.hint("add `[hours]`, or let the rotation hold `always`"));
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

/// Checks one override.
pub(super) fn change(written: &WrittenOverride, scope: &Scope<'_>) -> Option<Override> {
    let interval = interval(written.from.as_ref(), written.to.as_ref(), scope);
    let liaison = written.liaison.as_ref().and_then(|id| scope.liaison(id));
    let (from, to) = interval?;
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
    let span = |change: &WrittenOverride| {
        Some((change.role.as_ref()?.value.clone(), change.from.as_ref()?.value, change.to.as_ref()?.value))
    };
    let (Some((role, from, to)), Some((other_role, other_from, other_to))) = (span(one), span(other)) else {
        return false;
    };
    let is_imported =
        |change: &WrittenOverride| change.reason.as_ref().and_then(|one| Label::read(&one.value.0)).is_some();
    let is_swap = is_imported(other) && !is_imported(one);
    role == other_role && from < other_to && other_from < to && !is_swap
}
