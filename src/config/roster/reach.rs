//! Rotations that never apply, and people who never have a turn.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDateTime};

use crate::config::diagnostics::quoted;
use crate::config::roster::raw::{RawRoster, RawRotation, TurnOf};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{LiaisonId, Role};
use crate::domain::roster::hours::{Hours, minute_of_day};
use crate::domain::roster::rotation::{During, Every};
use crate::domain::roster::week::{WEEK_MINUTES, Week};
use crate::domain::roster::window::Form;

const DAY_MINUTES: i64 = 24 * 60;

/// Warns about rotations that never apply, because earlier ones for the same role always do.
pub(super) fn check_shadows(roster: &RawRoster, scope: &Scope<'_>) {
    let mut by_role: BTreeMap<&Role, Vec<Earlier<'_>>> = BTreeMap::new();
    for later in roster.rotations.iter().filter(|_| scope.is_whole) {
        let Some((role, during)) = later.role.as_ref().zip(applies(later, scope)) else { continue };
        let earlier = by_role.entry(&role.value).or_default();
        if let Some(who) = shadow(earlier, later, &during, scope) {
            let message = format!("this rotation never applies: {who} `{}` first", role.value);
            let hint =
                "if several rotations cover a role, the first in the file applies; move this one up, or remove it";
            scope.context.diagnostics.push(Diagnostic::warning(Code::NeverHolds, &later.spot, message).hint(hint));
        }
        if !has_free_turns(later) {
            remember(earlier, later, during, scope);
        }
    }
}

/// The earlier rotations of a role that apply at the same times.
struct Earlier<'a> {
    during: During,
    at_least: Option<Week>,
    /// In file order; each begins before those above it, as others add nothing.
    rotations: Vec<&'a RawRotation>,
}

impl<'a> Earlier<'a> {
    /// The first that has begun by the time that a later one counts.
    fn begun(&self, later: &RawRotation, scope: &Scope<'_>) -> Option<&'a RawRotation> {
        self.rotations.iter().copied().find(|one| begins_first(one, later, scope))
    }
}

fn remember<'a>(earlier: &mut Vec<Earlier<'a>>, one: &'a RawRotation, during: During, scope: &Scope<'_>) {
    let Some(same) = earlier.iter_mut().find(|earlier| earlier.during == during) else {
        let at_least = at_least(&during, scope.hours);
        return earlier.push(Earlier { during, at_least, rotations: vec![one] });
    };
    let begins = |rotation: &RawRotation| rotation.handoff.as_ref().map(|handoff| handoff.value);
    if same.rotations.last().is_none_or(|last| begins(one) < begins(last)) {
        same.rotations.push(one);
    }
}

/// What applies whenever a later rotation would.
fn shadow(earlier: &[Earlier<'_>], later: &RawRotation, during: &During, scope: &Scope<'_>) -> Option<String> {
    let holds = |wanted: &During| earlier.iter().find(|one| one.during == *wanted)?.begun(later, scope);
    let at_all_times = holds(&During::Always).or_else(|| holds(&During::Hours).and(holds(&During::AfterHours)));
    if let Some(first) = at_all_times.or_else(|| holds(during)) {
        return Some(format!("the one on line {} always covers", first.spot.line()));
    }
    let surely = earlier.iter().filter(|one| one.begun(later, scope).is_some()).filter_map(|one| one.at_least.as_ref());
    let together = surely.fold(Week::default(), |all, one| all.union(one));
    together.contains(&at_most(during, scope.hours)).then(|| "earlier ones together always cover".to_owned())
}

/// Warns about people whose turns all fall into times at which their rotation does not apply.
pub(super) fn check_turns(roster: &RawRoster, scope: &Scope<'_>) {
    for rotation in roster.rotations.iter().filter(|_| scope.is_whole) {
        let Some(list) = &rotation.liaisons else { continue };
        let Some(during) = applies(rotation, scope) else { continue };
        let handoff = rotation.handoff.as_ref().map(|handoff| handoff.value);
        let length = rotation.every.as_ref().and_then(|every| match every.value {
            Every::Hours(hours) => Some(i64::from(hours) * 60),
            Every::Days(days) => Some(i64::from(days) * DAY_MINUTES),
            // Every month has all days of the week, and a stretch is always a turn.
            Every::Months(_) | Every::Turns(_) => None,
        });
        let Some((handoff, length)) = handoff.zip(length) else { continue };
        let has_turn = in_turn(&at_most(&during, scope.hours), handoff, length, list.items.len());
        let turns = || list.items.iter().zip(&has_turn);
        let seen: BTreeSet<&LiaisonId> =
            turns().filter(|(_, has_turn)| **has_turn).filter_map(|(turn, _)| turn.value.liaison()).collect();
        let mut told = BTreeSet::new();
        for (turn, _) in turns().filter(|(_, has_turn)| !**has_turn) {
            let Some(id) = turn.value.liaison().filter(|id| !seen.contains(id) && told.insert(*id)) else { continue };
            let (id, during) = (quoted(id.as_str()), quoted(during.word()));
            let message = format!("{id} never has a turn here: all of their turns fall outside of {during}");
            let diagnostic = Diagnostic::warning(Code::NeverHolds, &turn.spot, message);
            let hint = "with `every = \"1 turn\"`, each stretch of `during` is one turn, so that everybody has turns";
            scope.context.diagnostics.push(diagnostic.hint(hint));
        }
    }
}

/// Which of a number of people ever have a turn of some length while a rotation applies.
fn in_turn(week: &Week, handoff: NaiveDateTime, length: i64, people: usize) -> Vec<bool> {
    let mut has_turn = vec![false; people];
    let first = i64::from(handoff.weekday().num_days_from_monday()) * DAY_MINUTES + minute_of_day(handoff);
    // After this number of turns, the same person has the same time of the week again.
    let all = (WEEK_MINUTES / common_divisor(length, WEEK_MINUTES)) * people as i64;
    for number in 0..all {
        let person = usize::try_from(number).unwrap_or(0) % people;
        has_turn[person] |= week.meets((first + number * length).rem_euclid(WEEK_MINUTES), length);
        if number % WEEK_MINUTES == 0 && has_turn.iter().all(|has_turn| *has_turn) {
            break;
        }
    }
    has_turn
}

fn common_divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

fn applies(raw: &RawRotation, scope: &Scope<'_>) -> Option<During> {
    scope.effective(&scope.known_during(raw.during.as_ref())?)
}

fn has_free_turns(raw: &RawRotation) -> bool {
    raw.liaisons.as_ref().is_some_and(|list| list.items.iter().any(|turn| turn.value == TurnOf::Nobody))
}

/// Whether one has started by the time that the other starts, or by today.
fn begins_first(one: &RawRotation, other: &RawRotation, scope: &Scope<'_>) -> bool {
    let Some(begins) = one.handoff.as_ref().map(|handoff| handoff.value) else { return true };
    let before_the_other = other.handoff.as_ref().is_some_and(|other| begins <= other.value);
    before_the_other || begins.date() < scope.context.today
}

fn has_holidays(hours: &Hours) -> bool {
    hours.holidays.us_federal || !hours.holidays.dates.is_empty()
}

/// The part of every week in which a rotation surely applies; `None` if there is none.
fn at_least(during: &During, hours: &Hours) -> Option<Week> {
    match during {
        During::Always => Some(Week::endless()),
        During::Hours => (!has_holidays(hours)).then(|| Week::of_days(&hours.weekly)),
        During::AfterHours => Some(Week::of_days(&hours.weekly).complement()),
        During::Window(window) => match &window.form {
            Form::Week(week) => Some(week.clone()),
            Form::Holidays(_) => None,
        },
    }
}

/// The part of any week in which a rotation may apply.
fn at_most(during: &During, hours: &Hours) -> Week {
    match during {
        During::Hours => Week::of_days(&hours.weekly),
        During::AfterHours if has_holidays(hours) => Week::endless(),
        _ => at_least(during, hours).unwrap_or_else(Week::endless),
    }
}
