//! What an edit of a roster means: who is on call instead of whom, and when.

use std::io::{self, Write};

use chrono::{DateTime, Utc};

use crate::cli::list::plain_table;
use crate::domain::calendar::clock::ClockWords;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::roster::Roster;
use crate::domain::roster::change::Shift;

/// A roster before and after an edit, and the time that the edit is about.
pub struct Effect<'a> {
    /// As it was.
    pub before: &'a Roster,
    /// As it is now.
    pub after: &'a Roster,
    /// The running shifts are those of this instant.
    pub now: DateTime<Utc>,
    /// The first instant at which duty may change.
    pub from: DateTime<Utc>,
    /// The first instant after the last.
    pub to: DateTime<Utc>,
}

/// A stretch of time in which somebody else holds a role than before, or nobody.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    role: Role,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    was: Option<LiaisonId>,
    is: Option<LiaisonId>,
}

/// More rows than this nobody reads after a change.
const ROWS_MAX: usize = 70;

impl Effect<'_> {
    /// Writes it in words, with a table.
    ///
    /// # Errors
    ///
    /// The stream is gone.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.to <= self.now {
            return writeln!(out, "that time is over: nobody's duty changes");
        }
        let differences = self.differences();
        if differences.is_empty() {
            return writeln!(out, "nobody's duty changes by it");
        }
        for running in differences.iter().filter(|one| one.from <= self.now) {
            let (is, was) = (self.person(&running.is), self.person(&running.was));
            writeln!(out, "from now on {is} is on call as {}, instead of {was}", running.role)?;
        }
        let mut table = plain_table(&["role", "from", "to", "on call", "instead of"]);
        for one in differences.iter().take(ROWS_MAX) {
            let from = if one.from <= self.now { "now".to_owned() } else { self.local(one.from) };
            let people = [self.person(&one.is), self.person(&one.was)];
            table.add_row([vec![one.role.to_string(), from, self.local(one.to)], people.to_vec()].concat());
        }
        writeln!(out, "\nwho is on call when:\n{table}")?;
        if differences.len() > ROWS_MAX {
            let more = differences.len() - ROWS_MAX;
            let department = &self.after.department;
            writeln!(out, "and {more} more: run `wardbell schedule --department {department}`")?;
        }
        for gap in differences.iter().filter(|one| one.is.is_none()).take(ROWS_MAX) {
            let next =
                self.after.escalate_to.as_ref().map_or("the fallback department".into(), |next| format!("`{next}`"));
            let (from, to) = (self.local(gap.from), self.local(gap.to));
            writeln!(out, "this makes a gap: nobody is {} from {from} to {to}, and pages go to {next}", gap.role)?;
        }
        Ok(())
    }

    fn differences(&self) -> Vec<Difference> {
        let mut roles = self.after.roles();
        roles.extend(self.before.roles().into_iter().filter(|role| !self.after.roles().contains(role)));
        let from = self.from.max(self.now);
        roles.iter().flat_map(|role| differences(role, [self.before, self.after], from, self.to)).collect()
    }

    fn person(&self, id: &Option<LiaisonId>) -> String {
        match id.as_ref().and_then(|id| self.after.liaison(id).or(self.before.liaison(id))) {
            Some(liaison) => liaison.name.clone(),
            None => "nobody".to_owned(),
        }
    }

    fn local(&self, at: DateTime<Utc>) -> String {
        local(self.after, at, self.now)
    }
}

/// `Thu 24 Dec 17:00 CST` on the roster's clock; with the year where it is another than that of `now`.
pub fn local(roster: &Roster, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    ClockWords::new(roster.timezone).moment(at, now)
}

/// A role that an override gives to somebody, from when to when.
pub type Given<'a> = (&'a Role, &'a LiaisonId, DateTime<Utc>, DateTime<Utc>);

/// More of these nobody reads after a change.
const HURDLES_MAX: usize = 10;

/// Tells why somebody does not hold a role although an override gives it to them: they are away, or hold the other one.
/// What is over at `now` is not told.
///
/// # Errors
///
/// The stream is gone.
pub fn tell_hurdles(roster: &Roster, given: &[Given<'_>], now: DateTime<Utc>, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<String> = given.iter().flat_map(|one| hurdles(roster, one, now)).collect();
    for hurdle in all.iter().take(HURDLES_MAX) {
        writeln!(out, "{hurdle}")?;
    }
    if all.len() > HURDLES_MAX {
        writeln!(out, "and {} more like these", all.len() - HURDLES_MAX)?;
    }
    Ok(())
}

fn hurdles(roster: &Roster, (role, id, from, to): &Given<'_>, now: DateTime<Utc>) -> Vec<String> {
    let Some(liaison) = roster.liaison(id) else { return Vec::new() };
    let name = &liaison.name;
    let show = |at| local(roster, at, now);
    let from = (*from).max(now);
    if from >= *to {
        return Vec::new();
    }
    let absences = liaison.away.iter().filter(|away| away.from < *to && from < away.to);
    let mut hurdles: Vec<_> = absences
        .map(|away| {
            let (place, start, end) = (&away.place, show(away.from.max(from)), show(away.to.min(*to)));
            format!("{name} is away from {start} to {end} ({}:{}), and is not paged then", place.file, place.line)
        })
        .collect();
    if **role == Role::backup() {
        let shifts = roster.shifts(&Role::primary(), from, *to);
        let primary = shifts.iter().filter(|shift| shift.holder.as_ref().is_some_and(|(holder, _)| holder == *id));
        hurdles.extend(primary.map(|shift| {
            let (start, end) = (show(shift.from), show(shift.to));
            format!("{name} is primary from {start} to {end}: nobody is their own backup, so another stands in")
        }));
    }
    hurdles
}

fn differences(role: &Role, rosters: [&Roster; 2], from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Difference> {
    let [before, after] = rosters.map(|roster| roster.shifts(role, from, to));
    let holder = |shift: &Shift| shift.holder.as_ref().map(|(id, _)| id.clone());
    let mut found: Vec<Difference> = Vec::new();
    let (mut one, mut other, mut at) = (0, 0, from);
    while let (Some(old), Some(new)) = (before.get(one), after.get(other)) {
        let end = old.to.min(new.to);
        let (was, is) = (holder(old), holder(new));
        if was != is {
            match found.last_mut().filter(|last| last.to == at && last.was == was && last.is == is) {
                Some(last) => last.to = end,
                None => found.push(Difference { role: role.clone(), from: at, to: end, was, is }),
            }
        }
        one += usize::from(old.to == end);
        other += usize::from(new.to == end);
        at = end;
    }
    found
}
