//! Rotations and overrides: who has a role when.

use chrono::{Days, NaiveDateTime};

use crate::config::context::place;
use crate::config::import::label::Label;
use crate::config::reader::Spanned;
use crate::config::roster::people::interval;
use crate::config::roster::raw::{RawOverride, RawRoster, RawRotation, TurnOf};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::roster::Override;
use crate::domain::roster::rotation::{During, Every, Rotation};

/// A rotation that starts later than this has a typo in the year.
const FAR_AHEAD_DAYS: u64 = 366;

pub(super) fn rotation(raw: &RawRotation, scope: &Scope<'_>) -> Option<Rotation> {
    let diagnostics = scope.context.diagnostics;
    let during = scope.during(raw.during.as_ref());
    if let (Some(raw), Some(during)) = (&raw.during, &during)
        && scope.effective(during).is_none()
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
    let every = raw.every.as_ref().filter(|_| scope.is_whole);
    if let Some(every) = every.filter(|_| !raw.has_handoff) {
        let diagnostic = Diagnostic::error(Code::MissingKey, &every.spot, "`every` needs a `handoff`");
        diagnostics.push(diagnostic.hint("set when the first person takes over: `handoff = \"2026-01-05 08:00\"`"));
    }
    let counts_turns = matches!(raw.every.as_ref().map(|every| every.value), Some(Every::Turns(_)));
    if let Some((every, During::Always)) = every.zip(during.as_ref().and_then(|during| scope.effective(during)))
        && counts_turns
    {
        let message = "turns are stretches of `during`, and this rotation always applies";
        let diagnostic = Diagnostic::error(Code::BadValue, &every.spot, message);
        diagnostics.push(diagnostic.hint("use a length such as `every = \"1 week\"`, or a window for `during`"));
    }
    check_free_turns(raw, scope);
    let liaisons = liaisons(raw, scope);
    let handoff = raw.handoff.as_ref().map(|handoff| match counts_turns {
        // Stretches are compared with what the clocks show.
        true => local_time::to_instant_and_shown(scope.zone, handoff.value).1,
        false => handoff.value,
    });
    Some(Rotation {
        role: raw.role.as_ref()?.value.clone(),
        during: during?,
        liaisons: liaisons?,
        every: raw.every.as_ref().map(|every| every.value),
        handoff,
        place: place(&raw.spot),
    })
}

/// Warns about free turns of a rotation whose turn never changes.
fn check_free_turns(raw: &RawRotation, scope: &Scope<'_>) {
    let Some(list) = raw.liaisons.as_ref().filter(|_| raw.every.is_none() && scope.is_whole) else { return };
    let is_free = |turn: &&Spanned<TurnOf>| turn.value == TurnOf::Nobody;
    let (Some(free), false) = (list.items.iter().find(is_free), list.items.iter().all(|turn| is_free(&turn))) else {
        return;
    };
    let message = match list.items.first().is_some_and(|first| is_free(&first)) {
        true => "this rotation never applies: without `every` it is always the first turn, which is free",
        false => "this free turn never comes: without `every` it is always the first person's turn",
    };
    let diagnostic = Diagnostic::warning(Code::NeverHolds, &free.spot, message);
    let hint = "remove the `-`, or set the length of a turn and its start, such as `every = \"1 week\"` and `handoff = \
                \"2026-01-05 08:00\"`";
    scope.context.diagnostics.push(diagnostic.hint(hint));
}

/// Whose turns they are, in order; `None` if someone is unknown.
fn liaisons(raw: &RawRotation, scope: &Scope<'_>) -> Option<Vec<Option<LiaisonId>>> {
    let list = raw.liaisons.as_ref();
    let listed = list.map_or(&[][..], |list| &list.items);
    if let Some(list) = list.filter(|_| !listed.is_empty() && listed.iter().all(|one| one.value == TurnOf::Nobody)) {
        let diagnostic = Diagnostic::error(Code::BadValue, &list.spot, "every turn of this rotation is free");
        scope.context.diagnostics.push(diagnostic.hint("list at least one liaison, or remove the rotation"));
    }
    let turn = |turn: &Spanned<TurnOf>| match &turn.value {
        TurnOf::Liaison(id) => scope.liaison_at(id, &turn.spot).map(Some),
        TurnOf::Nobody => Some(None),
    };
    let turns: Vec<_> = listed.iter().map(turn).collect();
    turns.into_iter().collect()
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
