//! The contract's rule read a second time: slowly, and so plainly that it can be checked by eye against its words.
//!
//! Everything that is written becomes a list of instants, found by stepping from one to the next; the rule then looks
//! through the lists.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::clocks::{days_in_month, holidays_and_days_observed, meaning, shows};
use crate::paper::{File, Paper, Turns, Unit};

/// Hours are written out for so many days past the end, so that the next opening can be told.
const DAYS_PAST: i64 = 45;

pub struct Reading<'a> {
    paper: &'a Paper,
    file: File,
    /// Each staffed span, `[from, to)`.
    staffed: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    overrides: Vec<(DateTime<Utc>, DateTime<Utc>)>,
    absences: Vec<Vec<(DateTime<Utc>, DateTime<Utc>)>>,
    /// Of each rotation, its first handoff.
    begins: Vec<Option<DateTime<Utc>>>,
    /// Of each rotation, how many handoffs there were before those listed.
    passed: Vec<usize>,
    /// Of each rotation, the handoffs from shortly before the stretch to shortly after it.
    handoffs: Vec<Vec<DateTime<Utc>>>,
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
        let absences = paper
            .people
            .iter()
            .map(|absences| absences.iter().map(|absence| instants(absence.from, absence.to)).collect());
        let (passed, handoffs) = paper.rotations.iter().map(|turns| handoffs(paper, turns)).unzip();
        let begins = paper.rotations.iter().map(|turns| turns.handoff.map(|local| meaning(paper.zone, local)));
        Self {
            paper,
            begins: begins.collect(),
            file: paper.file(),
            staffed: staffed(paper),
            overrides: paper.overrides.iter().map(|swap| instants(swap.from, swap.to)).collect(),
            absences: absences.collect(),
            passed,
            handoffs,
        }
    }

    pub fn text(&self) -> &str {
        &self.file.text
    }

    pub fn is_staffed(&self, at: DateTime<Utc>) -> bool {
        self.staffed.iter().any(|(from, to)| *from <= at && at < *to)
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
        let absences = self.absences.iter().flatten();
        let spans = self.staffed.iter().chain(&self.overrides).chain(absences);
        let ends = spans.flat_map(|(from, to)| [*from, *to]);
        let all = ends.chain(self.handoffs.iter().flatten().copied());
        all.filter(|at| self.paper.from < *at && *at < self.paper.to).collect()
    }

    fn is_away(&self, person: usize, at: DateTime<Utc>) -> bool {
        self.absences[person].iter().any(|(from, to)| *from <= at && at < *to)
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
            let during = match turns.during {
                "hours" => self.is_staffed(at),
                "after-hours" => !self.is_staffed(at),
                _ => true,
            };
            let begun = self.begins[index].is_none_or(|first| first <= at);
            if turns.role == role && during && begun {
                self.push_turns(index, at, &mut candidates);
                break;
            }
        }
        candidates
    }

    fn push_turns(&self, index: usize, at: DateTime<Utc>, candidates: &mut Vec<Held>) {
        let turns = &self.paper.rotations[index];
        let line = self.file.rotation_lines[index];
        let come = self.passed[index] + self.handoffs[index].iter().filter(|handoff| **handoff <= at).count();
        // The first handoff is the first person's; a rotation without one is theirs too.
        let turn = come.saturating_sub(1) % turns.people.len();
        let person = turns.people[turn];
        candidates.push(Held { person, rule: "turn", line });
        for (number, absence) in self.paper.people[person].iter().enumerate() {
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
            let person = turns.people[(turn + further) % turns.people.len()];
            candidates.push(Held { person, rule: "next-in-rotation", line });
        }
    }
}

/// All staffed spans from some days before the stretch to long after it.
fn staffed(paper: &Paper) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let mut day = shows(paper.zone, paper.from).date() - Days::new(4);
    let last = shows(paper.zone, paper.to + TimeDelta::days(DAYS_PAST)).date();
    let federal = holidays_and_days_observed(day.year() - 1..=last.year() + 1);
    let mut spans = Vec::new();
    while day <= last {
        let is_holiday = paper.dates.contains(&day) || (paper.us_federal && federal.contains(&day));
        for (from, to) in &paper.hours[day.weekday().num_days_from_monday() as usize] {
            let midnight = day.and_time(NaiveTime::MIN);
            let next_midnight = (day + Days::new(1)).and_time(NaiveTime::MIN);
            let start = midnight + TimeDelta::minutes((*from).into());
            let base = if to > from { midnight } else { next_midnight };
            let end = base + TimeDelta::minutes((*to).into());
            if !is_holiday {
                spans.push((meaning(paper.zone, start), meaning(paper.zone, end)));
            }
        }
        day = day + Days::new(1);
    }
    spans
}

/// The handoffs of a rotation, one by one from the first: how many lie days before the stretch, and then each.
fn handoffs(paper: &Paper, turns: &Turns) -> (usize, Vec<DateTime<Utc>>) {
    let Some(first) = turns.handoff else { return (0, Vec::new()) };
    let Some((number, unit)) = turns.every else { return (0, vec![meaning(paper.zone, first)]) };
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
