//! The contract's rule read a second time: slowly, and so plainly that it can be checked by eye against its words.
//!
//! Everything that is written becomes a list of instants, found by stepping from one to the next; the rule then looks
//! through the lists.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::clocks::{days_in_month, meaning, shows};
use crate::paper::{File, Paper, Turns, Unit};
use crate::person::Person;
use crate::wall::{self, LEAD, Stretch, Window};

/// Hours are written out for so many days past the end, so that the next opening can be told.
const DAYS_PAST: i64 = 45;

/// `[from, to)`.
type Span = (DateTime<Utc>, DateTime<Utc>);

pub struct Reading<'a> {
    paper: &'a Paper,
    pub file: File,
    staffed: Vec<Span>,
    /// When each window holds.
    windows: Vec<Vec<Span>>,
    overrides: Vec<Span>,
    absences: Vec<Vec<Span>>,
    /// By person, when they are away week after week.
    unavailable: Vec<Vec<Span>>,
    /// Of each rotation, its first handoff.
    begins: Vec<Option<DateTime<Utc>>>,
    /// Of each rotation, how many handoffs there were before those listed.
    passed: Vec<usize>,
    /// Of each rotation, the handoffs from shortly before the stretch to shortly after it.
    handoffs: Vec<Vec<DateTime<Utc>>>,
    /// Of each rotation by turns, the stretches near the one looked at, and which turn from 0 on each of them is.
    turns: Vec<Vec<(Span, usize)>>,
}

/// Who holds a role: the person, the rule, and its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    pub person: usize,
    pub rule: &'static str,
    pub line: u32,
}

impl<'a> Reading<'a> {
    pub fn of(paper: &'a Paper) -> Self {
        let instants = |from, to| (meaning(paper.zone, from), meaning(paper.zone, to));
        let absences = |person: &Person| person.away.iter().map(|away| instants(away.from, away.to)).collect();
        let (passed, handoffs) = paper.rotations.iter().map(|turns| handoffs(paper, turns)).unzip();
        let begins = paper.rotations.iter().map(|turns| turns.handoff.map(|local| meaning(paper.zone, local)));
        Self {
            paper,
            begins: begins.collect(),
            file: paper.file(),
            staffed: staffed(paper),
            overrides: paper.overrides.iter().map(|swap| instants(swap.from, swap.to)).collect(),
            absences: paper.people.iter().map(absences).collect(),
            unavailable: paper.people.iter().map(|person| unavailable(paper, person)).collect(),
            windows: paper.windows.iter().map(|window| window_spans(paper, window)).collect(),
            turns: paper.rotations.iter().map(|turns| turns_by_stretch(paper, turns)).collect(),
            passed,
            handoffs,
        }
    }

    pub fn is_staffed(&self, at: DateTime<Utc>) -> bool {
        covers(&self.staffed, at)
    }

    /// The first staffed instant that is not before `at`.
    pub fn next_staffed(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.is_staffed(at) {
            return Some(at);
        }
        // Hours that lie within a gap of the clocks have no instant.
        self.staffed.iter().filter(|(from, to)| from < to).map(|(from, _)| *from).filter(|from| *from > at).min()
    }

    pub fn on_call(&self, role: &str, at: DateTime<Utc>) -> Option<Held> {
        let primary = if role == "backup" { self.on_call("primary", at) } else { None };
        for candidate in self.candidates(role, at) {
            let is_primary = primary.is_some_and(|primary| primary.person == candidate.person);
            if !self.is_away(candidate.person, at) && !is_primary {
                return Some(candidate);
            }
        }
        None
    }

    /// Every instant inside the stretch that is the start or end of anything.
    pub fn edges(&self) -> BTreeSet<DateTime<Utc>> {
        let away = self.absences.iter().chain(&self.unavailable).flatten();
        let windows = self.windows.iter().flatten();
        let spans = self.staffed.iter().chain(windows).chain(&self.overrides).chain(away);
        let ends = spans.flat_map(|(from, to)| [*from, *to]);
        let all = ends.chain(self.handoffs.iter().flatten().copied());
        all.filter(|at| self.paper.from < *at && *at < self.paper.to).collect()
    }

    fn is_away(&self, person: usize, at: DateTime<Utc>) -> bool {
        covers(&self.absences[person], at) || covers(&self.unavailable[person], at)
    }

    fn candidates(&self, role: &str, at: DateTime<Utc>) -> Vec<Held> {
        let mut candidates = Vec::new();
        for (index, swap) in self.paper.overrides.iter().enumerate().rev() {
            let (from, to) = self.overrides[index];
            if swap.role == role && from <= at && at < to {
                let line = self.file.override_lines[index];
                candidates.push(Held { person: swap.person, rule: "override", line });
            }
        }
        for (index, turns) in self.paper.rotations.iter().enumerate() {
            if turns.role == role
                && self.holds(turns, at)
                && let Some((turn, person)) = self.turn(index, at)
            {
                self.push_turns(index, turn, person, at, &mut candidates);
                break;
            }
        }
        candidates
    }

    fn holds(&self, turns: &Turns, at: DateTime<Utc>) -> bool {
        match turns.during {
            "hours" => self.is_staffed(at),
            "after-hours" => !self.is_staffed(at),
            "always" => true,
            name => {
                let window = self.paper.windows.iter().position(|window| window.name == name).unwrap();
                covers(&self.windows[window], at)
            }
        }
    }

    /// Whose turn it is, by their place in the list; before the first handoff and in a free turn it is nobody's.
    fn turn(&self, index: usize, at: DateTime<Utc>) -> Option<(usize, usize)> {
        let turns = &self.paper.rotations[index];
        if self.begins[index].is_some_and(|first| at < first) {
            return None;
        }
        let come = match turns.every {
            Some((number, Unit::Turns)) => {
                let holding = self.turns[index].iter().find(|((from, to), _)| *from <= at && at < *to);
                holding.unwrap().1 / number as usize
            }
            // The first handoff is the first person's; a rotation without one is theirs too.
            _ => {
                let listed = self.handoffs[index].iter().filter(|handoff| **handoff <= at).count();
                (self.passed[index] + listed).saturating_sub(1)
            }
        };
        let turn = come % turns.people.len();
        turns.people[turn].map(|person| (turn, person))
    }

    fn push_turns(&self, index: usize, turn: usize, person: usize, at: DateTime<Utc>, candidates: &mut Vec<Held>) {
        let turns = &self.paper.rotations[index];
        let line = self.file.rotation_lines[index];
        candidates.push(Held { person, rule: "turn", line });
        for (number, absence) in self.paper.people[person].away.iter().enumerate() {
            let (from, to) = self.absences[person][number];
            if from <= at
                && at < to
                && let Some(cover) = absence.cover
            {
                let line = self.file.absence_lines[person][number];
                candidates.push(Held { person: cover, rule: "cover", line });
            }
        }
        for further in 1..turns.people.len() {
            if let Some(person) = turns.people[(turn + further) % turns.people.len()] {
                candidates.push(Held { person, rule: "next-in-rotation", line });
            }
        }
    }
}

fn covers(spans: &[Span], at: DateTime<Utc>) -> bool {
    spans.iter().any(|(from, to)| *from <= at && at < *to)
}

/// The local days on which something can start that counts in the stretch looked at, or ends after it.
fn days_around(paper: &Paper) -> (NaiveDate, NaiveDate) {
    (shows(paper.zone, paper.from).date() - LEAD, shows(paper.zone, paper.to).date() + LEAD)
}

fn instants(paper: &Paper, (from, to): Stretch) -> Span {
    (meaning(paper.zone, from), meaning(paper.zone, to))
}

/// All staffed spans from some days before the stretch to long after it.
fn staffed(paper: &Paper) -> Vec<Span> {
    let first = shows(paper.zone, paper.from).date() - Days::new(4);
    let last = shows(paper.zone, paper.to + TimeDelta::days(DAYS_PAST)).date();
    let holidays = wall::holidays(paper.us_federal, &paper.dates, first, last);
    let mut spans = Vec::new();
    for day in wall::days(first, last).filter(|day| !holidays.contains(day)) {
        let hours = wall::hours_on(day, &paper.hours[wall::weekday(day) as usize]);
        spans.extend(hours.into_iter().map(|hours| instants(paper, hours)));
    }
    spans
}

fn window_spans(paper: &Paper, window: &Window) -> Vec<Span> {
    let (first, last) = days_around(paper);
    window.form.stretches(first, last).into_iter().map(|stretch| instants(paper, stretch)).collect()
}

fn unavailable(paper: &Paper, person: &Person) -> Vec<Span> {
    let (first, last) = days_around(paper);
    let mut spans = Vec::new();
    for week in &person.unavailable {
        for day in wall::days(first, last) {
            let counts = week.days.contains(&wall::weekday(day)) && week.until.is_none_or(|until| day <= until);
            let hours = week.hours.map_or(wall::whole(day), |hours| wall::hours_on(day, &[hours])[0]);
            if counts {
                spans.push(instants(paper, hours));
            }
        }
    }
    spans
}

/// The stretches of a rotation's `during`, counted on the wall clock from the first that ends after the handoff.
fn turns_by_stretch(paper: &Paper, turns: &Turns) -> Vec<(Span, usize)> {
    let (Some((_, Unit::Turns)), Some(handoff)) = (turns.every, turns.handoff) else { return Vec::new() };
    let (near, last) = days_around(paper);
    let first = handoff.date() - LEAD;
    let staffed = || {
        let holidays = wall::holidays(paper.us_federal, &paper.dates, first, last);
        wall::staffed(&paper.hours, &holidays, first, last)
    };
    let stretches = match turns.during {
        "hours" => staffed(),
        "after-hours" => wall::between(&staffed(), first, last),
        name => {
            let window = paper.windows.iter().find(|window| window.name == name).unwrap();
            window.form.stretches(first, last)
        }
    };
    let counted = stretches.into_iter().filter(|(_, to)| *to > handoff).enumerate();
    let near_enough = counted.filter(|(_, (_, to))| *to >= near.and_time(NaiveTime::MIN));
    near_enough.map(|(turn, stretch)| (instants(paper, stretch), turn)).collect()
}

/// The handoffs of a rotation, one by one from the first: how many lie days before the stretch, and then each.
fn handoffs(paper: &Paper, turns: &Turns) -> (usize, Vec<DateTime<Utc>>) {
    let Some(first) = turns.handoff else { return (0, Vec::new()) };
    let Some((number, unit)) = turns.every.filter(|(_, unit)| !matches!(unit, Unit::Turns)) else {
        return (0, vec![meaning(paper.zone, first)]);
    };
    let long_before = shows(paper.zone, paper.from) - TimeDelta::days(4);
    let long_after = shows(paper.zone, paper.to) + TimeDelta::days(4);
    let (mut passed, mut listed) = (0, Vec::new());
    let mut step = 0;
    loop {
        let local = match unit {
            Unit::Hours => first + TimeDelta::hours((step * number).into()),
            Unit::Days => first + TimeDelta::days((step * number).into()),
            Unit::Weeks => first + TimeDelta::days((step * number * 7).into()),
            Unit::Months => months_later(first, step * number),
            Unit::Turns => unreachable!("turns are counted by stretches"),
        };
        if local > long_after {
            return (passed, listed);
        }
        if local < long_before {
            passed += 1;
        } else {
            listed.push(meaning(paper.zone, local));
        }
        step += 1;
    }
}

/// Turns the calendar's leaves one by one.
fn months_later(first: NaiveDateTime, months: u32) -> NaiveDateTime {
    let (mut year, mut month) = (first.year(), first.month());
    for _ in 0..months {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    let day = first.day().min(days_in_month(year, month));
    chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap().and_time(first.time())
}
