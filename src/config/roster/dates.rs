//! Warnings about dates that are probably not meant: leave in another year, an override for someone on leave, and a
//! `handoff` inside its window.

use std::iter::successors;

use chrono::{Datelike, Days, NaiveDateTime, TimeDelta};

use crate::config::diagnostics::quoted;
use crate::config::roster::raw::{RawAway, RawOverride, RawRotation};
use crate::config::roster::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::roster::holidays::Holidays;
use crate::domain::roster::hours::Hours;
use crate::domain::roster::rotation::{During, Every};
use crate::domain::roster::{Away, Liaison, Override};

/// Dates that are further ahead have a typo in the year.
const FAR_AHEAD: Days = Days::new(366);

/// A stretch that lasts longer than this is not looked for.
const LONGEST_STRETCH: TimeDelta = TimeDelta::days(40);

/// How many starts and ends to look at; in a year there is a holiday.
const EDGES_MAX: usize = 400;

/// Warns about leave that ended in a past year, or that starts or ends more than a year from now.
pub(super) fn check_leave(raw: &RawAway, scope: &Scope<'_>) {
    let (Some(from), Some(to)) = (&raw.from, &raw.to) else { return };
    let today = scope.context.today;
    let last = to.value - TimeDelta::seconds(1);
    let show = |local: NaiveDateTime| local.format("%Y-%m-%d %H:%M");
    let (code, message, hint) = if from.value >= to.value {
        return;
    } else if last.year() < today.year() {
        let message = format!("this leave ended on {}, in a past year", show(to.value));
        (Code::PastLeave, message, "remove it, or correct the year")
    } else if from.value.date() > today + FAR_AHEAD {
        let message = format!("this leave starts on {}, more than a year from now", show(from.value));
        (Code::DistantLeave, message, "check the year")
    } else if last.date() > today + FAR_AHEAD {
        let message = format!("this leave ends on {}, more than a year from now", show(to.value));
        (Code::DistantLeave, message, "check the year; take someone who is away for that long out of the rotations")
    } else {
        return;
    };
    scope.context.diagnostics.push(Diagnostic::warning(code, &raw.spot, message).hint(hint));
}

/// Warns about an override for someone who is on leave then, unless it has ended.
pub(super) fn check_override(raw: &RawOverride, change: &Override, liaisons: &[Option<Liaison>], scope: &Scope<'_>) {
    let (Some(spot), Some(end)) = (raw.liaison.as_ref().map(|id| &id.spot), &raw.to) else { return };
    let liaison = liaisons.iter().flatten().find(|liaison| liaison.id == change.liaison);
    let overlaps = |away: &&Away| away.from < change.to && change.from < away.to;
    let leave = liaison.and_then(|liaison| liaison.away.iter().find(overlaps));
    let Some(leave) = leave.filter(|_| end.value.date() >= scope.context.today) else { return };
    let show = |at| scope.zone.write(at, "%Y-%m-%d %H:%M");
    let (from, to) = (change.from.max(leave.from), change.to.min(leave.to));
    let id = quoted(change.liaison.as_str());
    let message = format!("{id} is on leave from {} to {}, so this override does not apply then", show(from), show(to));
    let hint = format!("put someone else on call, or change the leave on line {}", leave.place.line);
    scope.context.diagnostics.push(Diagnostic::warning(Code::OverrideOnLeave, spot, message).hint(hint));
}

/// Warns about a `handoff` that is not at the start of a stretch of `during`: each stretch would be split, or the
/// `handoff` would not be when the first person takes over.
pub(super) fn check_handoff(raw: &RawRotation, scope: &Scope<'_>) {
    let (Some(handoff), Some(every)) = (&raw.handoff, &raw.every) else { return };
    let during = scope.known_during(raw.during.as_ref()).and_then(|during| scope.effective(&during));
    let Some(clock) = during.and_then(|during| Clock::new(during, scope)) else { return };
    let at = handoff.value;
    // A typo in the year is reported by itself.
    if clock.starts(at) || at.date() > scope.context.today + FAR_AHEAD {
        return;
    }
    let Some((start, end)) = clock.stretch(at) else { return };
    let length = match every.value {
        Every::Hours(hours) => Some(TimeDelta::hours(hours.into())),
        Every::Days(days) => Some(TimeDelta::days(days.into())),
        Every::Months(_) | Every::Turns(_) => None,
    };
    // Turns that are shorter than a stretch split it on purpose.
    if length.is_some_and(|length| length < end - start) {
        return;
    }
    let word = quoted(clock.during.word());
    let inside = if start < at { "inside" } else { "outside of" };
    let message = format!("this `handoff` is {inside} {word}, not at its start");
    let hint = format!("set it to the start: `handoff = \"{}\"`", start.format("%Y-%m-%d %H:%M"));
    scope.context.diagnostics.push(Diagnostic::warning(Code::MisplacedHandoff, &handoff.spot, message).hint(hint));
}

/// When the stretches of `during` start and end by the clock. A holiday may drop one: what counts is the week.
struct Clock {
    during: During,
    hours: Hours,
}

impl Clock {
    fn new(during: During, scope: &Scope<'_>) -> Option<Self> {
        let hours = Hours { holidays: Holidays::default(), ..scope.hours.clone() };
        (during != During::Always).then_some(Self { during, hours })
    }

    fn covers(&self, local: NaiveDateTime) -> bool {
        match &self.during {
            During::Hours => self.hours.cover(local),
            During::AfterHours => !self.hours.cover(local),
            During::Always => true,
            During::Window(window) => window.cover(local),
        }
    }

    fn edges(&self, after: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let next = |after: &NaiveDateTime| match &self.during {
            During::Window(window) => window.next_edge(*after),
            _ => self.hours.next_edge(*after),
        };
        successors(next(&after), next).take(EDGES_MAX)
    }

    fn starts(&self, local: NaiveDateTime) -> bool {
        self.covers(local) && !self.covers(local - TimeDelta::seconds(1))
    }

    /// The stretch that covers a local time, or else the next one.
    fn stretch(&self, local: NaiveDateTime) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let start = if self.covers(local) {
            let before = self.edges(local - LONGEST_STRETCH).take_while(|edge| *edge <= local);
            before.filter(|edge| self.starts(*edge)).last()?
        } else {
            self.edges(local).find(|edge| self.starts(*edge))?
        };
        let end = self.edges(start).find(|edge| !self.covers(*edge))?;
        Some((start, end))
    }
}
