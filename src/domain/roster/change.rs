//! When the answer to "who is on call" changes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::iter::{once, successors};
use std::mem::take;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::domain::id::{LiaisonId, Role, WindowName};
use crate::domain::instant::last;
use crate::domain::local_time;
use crate::domain::roster::Roster;
use crate::domain::roster::on_call::{Candidate, Moment, Why};
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::window::Window;

/// A period with one person on call, `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift {
    pub from: DateTime<Utc>,
    /// Exclusive.
    pub to: DateTime<Utc>,
    /// The person on call, and the reason at `from`; `None` is a coverage gap.
    pub on_call: Option<(LiaisonId, Why)>,
}

impl Roster {
    /// The next instant before `until` when someone else, or no one, is on call for the role.
    ///
    /// The result is exact: the answer can change only when hours, a window or a person's unavailable time starts or
    /// ends, at a handoff, and at the start or end of an override or an absence, and all of these are checked.
    pub fn next_change(&self, role: &Role, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut walk = Walk::new(self, role, after, until);
        let liaison = walk.on_call().map(|on_call| on_call.liaison);
        while walk.go_on() {
            if walk.on_call().map(|on_call| on_call.liaison) != liaison {
                return Some(walk.moment.at);
            }
        }
        None
    }

    /// When someone's weekly times at which they cannot be on call start or end, within `[from, to)`.
    pub fn unavailable_edges(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let times = self.liaisons.iter().flat_map(|liaison| &liaison.unavailable);
        times.flat_map(move |time| self.edges(time, from, to))
    }

    /// When a person cannot be on call because of a weekly time, within `[from, to)`.
    pub fn unavailable_periods(
        &self,
        time: &Unavailable,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let starts = || once(from).chain(self.edges(time, from, to));
        let ends = starts().skip(1).chain([to]);
        let covers = |at: DateTime<Utc>| time.cover(local_time::latest_shown(&self.timezone, at));
        starts().zip(ends).filter(|(start, end)| start < end && covers(*start)).collect()
    }

    fn edges(&self, time: &Unavailable, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        let next = move |at| {
            let edge = time.next_edge(local_time::latest_shown(&self.timezone, at))?;
            Some(local_time::to_instant(&self.timezone, edge)).filter(|edge| *edge < to)
        };
        successors(next(from), move |edge| next(*edge))
    }

    /// When the first of a role's rotations begins, if none has begun at `at` and no override covers that instant.
    /// `None` if no future rotation covers the role.
    pub fn begins(&self, role: &Role, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let shown = local_time::latest_shown(&self.timezone, at);
        let covered = self.overrides.iter().any(|one| one.role == *role && one.from <= at && at < one.to);
        let mut rotations = self.rotations.iter().filter(|rotation| rotation.role == *role);
        if covered || rotations.clone().any(|rotation| rotation.has_begun(shown)) {
            return None;
        }
        let first = rotations.by_ref().filter_map(|rotation| rotation.handoff).min()?;
        Some(local_time::to_instant(&self.timezone, first))
    }

    /// [`next_change`](Self::next_change) within `reach` of `at` or, if no one can be on call earlier, within `reach`
    /// of the first override or rotation for the role.
    pub fn next_change_within(&self, role: &Role, at: DateTime<Utc>, reach: TimeDelta) -> Option<DateTime<Utc>> {
        let until = |from: DateTime<Utc>| from.checked_add_signed(reach).map_or(last(), |until| until.min(last()));
        self.next_change(role, at, until(at)).or_else(|| {
            let begins = self.begins(role, at)?;
            let overrides = self.overrides.iter().filter(|one| one.role == *role && one.from > at);
            let first = overrides.map(|one| one.from).chain([begins]).min()?;
            let before = first - TimeDelta::nanoseconds(1);
            self.next_change(role, before, until(first))
        })
    }

    /// Who is on call for a role during a period, including gaps.
    ///
    /// One person's continuous time is one shift, even if the line or rule changes in between.
    pub fn shifts(&self, role: &Role, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Shift> {
        self.split(role, from, to, |one, other| one.liaison == other.liaison)
    }

    /// The same, split whenever the line or the rule changes: every shift matches [`on_call`](Self::on_call) at each of
    /// its instants.
    pub fn shifts_by_why(&self, role: &Role, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Shift> {
        self.split(role, from, to, |one, other| one.liaison == other.liaison && one.has_why_of(other))
    }

    fn split(
        &self,
        role: &Role,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        is_one: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Vec<Shift> {
        let mut shifts: Vec<Shift> = Vec::new();
        let mut last: Option<Option<Candidate>> = None;
        let mut walk = Walk::new(self, role, from, to);
        let mut is_on = from < to;
        while is_on {
            let on_call = walk.on_call();
            let goes_on = match (&last, &on_call) {
                (Some(None), None) => true,
                (Some(Some(before)), Some(on_call)) => is_one(before, on_call),
                _ => false,
            };
            if !goes_on {
                if let Some(ended) = shifts.last_mut() {
                    ended.to = walk.moment.at;
                }
                let told = on_call.map(|on_call| (on_call.liaison.clone(), on_call.why()));
                shifts.push(Shift { from: walk.moment.at, to, on_call: told });
                last = Some(on_call);
            }
            is_on = walk.go_on();
        }
        shifts
    }
}

/// Walks over all instants when the answer for a role could change.
struct Walk<'a> {
    roster: &'a Roster,
    role: &'a str,
    until: DateTime<Utc>,
    /// The ends of future overrides and absences, latest first.
    ends: Vec<DateTime<Utc>>,
    heeds_hours: bool,
    /// The next start or end of hours, if it matters and is still to come.
    hours: Option<NaiveDateTime>,
    /// What else starts and ends by the clock.
    periods: Vec<Period<'a>>,
    /// The next edge of each that has one, with its index, the nearest first.
    edges: BinaryHeap<Reverse<(NaiveDateTime, usize)>>,
    moment: Moment<'a>,
}

/// What starts and ends by the clock, beside hours.
#[derive(Clone, Copy)]
enum Period<'a> {
    Window(&'a Window),
    Unavailable(&'a Unavailable),
}

impl Period<'_> {
    fn next_edge(self, shown: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Window(window) => window.next_edge(shown),
            Self::Unavailable(unavailable) => unavailable.next_edge(shown),
        }
    }
}

impl<'a> Walk<'a> {
    fn new(roster: &'a Roster, role: &'a Role, from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let role = role.as_str();
        let overrides = roster.overrides.iter().filter(|change| decides(change.role.as_str(), role));
        let people = candidates(roster, role);
        let people = || roster.liaisons.iter().filter(|liaison| people.contains(&liaison.id));
        let ends = overrides.flat_map(|change| [change.from, change.to]);
        let ends = ends.chain(people().flat_map(|liaison| &liaison.away).flat_map(|away| [away.from, away.to]));
        let mut ends: Vec<_> = ends.filter(|end| from < *end && *end < until).collect();
        ends.sort_unstable_by_key(|end| Reverse(*end));
        let rotations = || roster.rotations.iter().filter(|rotation| decides(rotation.role.as_str(), role));
        let follows_hours = |rotation: &Rotation| matches!(rotation.during, During::Hours | During::AfterHours);
        let used: BTreeSet<&WindowName> = rotations().filter_map(|rotation| rotation.during.window()).collect();
        let windows = roster.windows.iter().map(AsRef::as_ref).filter(|window: &&Window| used.contains(&window.name));
        let unavailable = people().flat_map(|liaison| &liaison.unavailable).map(Period::Unavailable);
        let moment = roster.moment(from);
        let periods: Vec<Period> = windows.map(Period::Window).chain(unavailable).collect();
        let next = |(index, period): (usize, &Period)| Some(Reverse((period.next_edge(moment.shown)?, index)));
        let edges = periods.iter().enumerate().filter_map(next).collect();
        let heeds_hours = rotations().any(follows_hours);
        Self { roster, role, until, ends, heeds_hours, hours: None, periods, edges, moment }
    }

    fn on_call(&self) -> Option<Candidate<'a>> {
        self.roster.chosen(self.role, &self.moment, &|_| false).map(|(_, candidate)| candidate)
    }

    /// Moves to the next instant, unless that is the end of the walk.
    fn go_on(&mut self) -> bool {
        if self.heeds_hours && self.hours.is_none_or(|edge| edge <= self.moment.shown) {
            self.hours = self.roster.hours.next_edge(self.moment.shown);
        }
        while let Some(Reverse((edge, index))) = self.edges.peek().copied()
            && edge <= self.moment.shown
        {
            self.edges.pop();
            let next = self.periods[index].next_edge(self.moment.shown);
            self.edges.extend(next.map(|edge| Reverse((edge, index))));
        }
        let edge = self.edges.peek().map(|Reverse((edge, _))| *edge);
        let local = self.next_handoff().into_iter().chain(self.hours).chain(edge).min();
        let on_the_clock = local.map(|local| local_time::to_instant_and_shown(&self.roster.timezone, local));
        let end = self.ends.last().copied().filter(|end| on_the_clock.is_none_or(|(at, _)| *end <= at));
        self.moment = match (end, on_the_clock) {
            (Some(end), _) => self.roster.moment(end),
            (None, Some((at, shown))) if at < self.until => self.on_the_clock(at, shown),
            (None, _) => return false,
        };
        while self.ends.pop_if(|end| *end <= self.moment.at).is_some() {}
        true
    }

    /// The next moment, given that no override starts or ends before it.
    fn on_the_clock(&mut self, at: DateTime<Utc>, shown: NaiveDateTime) -> Moment<'a> {
        let is_at_edge = self.hours.is_some_and(|edge| edge <= shown);
        let is_staffed = if is_at_edge { self.roster.hours.cover(shown) } else { self.moment.is_staffed };
        Moment { at, shown, is_staffed, covering: take(&mut self.moment.covering) }
    }

    /// Until hours start or end, only the rotations that may be in force matter.
    fn next_handoff(&self) -> Option<NaiveDateTime> {
        let primary = (self.role == Role::BACKUP).then_some(Role::PRIMARY);
        let roles = primary.into_iter().chain([self.role]);
        let rotations = roles.flat_map(|role| self.roster.rotations_up_to_force(role, &self.moment));
        rotations.filter_map(|rotation| rotation.next_handoff(self.moment.shown)).min()
    }
}

/// Everyone who may be on call for a role, or as the primary on whom a backup depends.
fn candidates<'a>(roster: &'a Roster, role: &str) -> BTreeSet<&'a LiaisonId> {
    let overridden = roster.overrides.iter().filter(|change| decides(change.role.as_str(), role));
    let rotated = roster.rotations.iter().filter(|rotation| decides(rotation.role.as_str(), role));
    let rotated: BTreeSet<&LiaisonId> = rotated.flat_map(|rotation| rotation.people()).collect();
    let covered = roster.liaisons.iter().filter(|liaison| rotated.contains(&liaison.id));
    let covers = covered.flat_map(|liaison| &liaison.away).filter_map(|away| away.cover.as_ref());
    overridden.map(|change| &change.liaison).chain(covers).chain(rotated.iter().copied()).collect()
}

/// Whether who is on call for one role may depend on entries for the other.
fn decides(written: &str, role: &str) -> bool {
    written == role || (written == Role::PRIMARY && role == Role::BACKUP)
}
