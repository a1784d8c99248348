//! The effect of a roster edit: who is on call instead of whom, and when.

use std::io::{self, Write};

use chrono::{DateTime, Utc};

use crate::cli::list::plain_table;
use crate::domain::calendar::clock::ClockWords;
use crate::domain::id::{LiaisonId, Role};
use crate::domain::plan_diff::duty::{self, DutyChange};
use crate::domain::plan_diff::people::Person;
use crate::domain::plan_diff::window::Window;
use crate::domain::roster::Roster;

/// A roster before and after an edit, and the time the edit affects.
pub struct Effect<'a> {
    pub before: &'a Roster,
    pub after: &'a Roster,
    /// The time for which the current shifts are shown.
    pub now: DateTime<Utc>,
    /// The first instant at which on-call time may change.
    pub from: DateTime<Utc>,
    /// The end of the affected time.
    pub to: DateTime<Utc>,
    pub ends: Ends,
}

/// Whether an edit has an effect after the time for which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Known,
    /// It may go on, but is not shown further.
    Open,
}

/// Nobody reads more rows than this after a change.
const ROWS_MAX: usize = 70;

impl Effect<'_> {
    /// Prints the effect in sentences and a table.
    ///
    /// # Errors
    ///
    /// The stream is closed.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let changes = self.changes();
        if changes.is_empty() {
            return writeln!(out, "{}", self.none());
        }
        for running in changes.iter().filter(|one| one.from <= self.now) {
            let (is, was) = (name(&running.after), name(&running.before));
            writeln!(out, "Now on call as {}: {is}, instead of {was}", running.role)?;
        }
        let mut table = plain_table(&["role", "from", "to", "on call", "instead of"]);
        for one in changes.iter().take(ROWS_MAX) {
            let to = if self.goes_on(one) { format!("after {}", self.local(one.to)) } else { self.local(one.to) };
            let people = [name(&one.after), name(&one.before)];
            table.add_row(
                [vec![one.role.to_string(), self.start(one), to], people.map(str::to_owned).to_vec()].concat(),
            );
        }
        writeln!(out, "\nOn-call changes:\n{table}")?;
        if changes.len() > ROWS_MAX {
            let more = changes.len() - ROWS_MAX;
            let department = &self.after.department;
            writeln!(out, "{more} more; to see them, run `wardbell schedule --department {department}`")?;
        }
        for gap in changes.iter().filter(|one| one.after.is_none()).take(ROWS_MAX) {
            writeln!(out, "Warning: {}", self.gap(gap))?;
        }
        Ok(())
    }

    /// The first time at which nobody is on call any more, in words.
    pub fn new_gap(&self) -> Option<String> {
        self.changes().iter().find(|one| one.after.is_none()).map(|gap| self.gap(gap))
    }

    fn gap(&self, gap: &DutyChange) -> String {
        let next = self.after.escalate_to.as_ref().map_or("the fallback department".into(), |next| format!("`{next}`"));
        let until = if self.goes_on(gap) { "on".to_owned() } else { format!("to {}", self.local(gap.to)) };
        format!("no {} from {} {until}; pages go to {next}", gap.role, self.start(gap))
    }

    fn start(&self, change: &DutyChange) -> String {
        if change.from <= self.now { "now".to_owned() } else { self.local(change.from) }
    }

    fn goes_on(&self, change: &DutyChange) -> bool {
        self.ends == Ends::Open && change.to >= self.to
    }

    pub fn changes_duty(&self) -> bool {
        !self.changes().is_empty()
    }

    /// The sentence for an edit without effect.
    pub fn none(&self) -> &'static str {
        if self.to <= self.now {
            "That time has passed. No one's on-call time changes"
        } else {
            "No one's on-call time changes"
        }
    }

    fn changes(&self) -> Vec<DutyChange> {
        if self.to <= self.now {
            return Vec::new();
        }
        duty::changes(self.before, self.after, Window { from: self.from.max(self.now), to: self.to })
    }

    fn local(&self, at: DateTime<Utc>) -> String {
        local(self.after, at, self.now)
    }
}

fn name(person: &Option<Person>) -> &str {
    person.as_ref().map_or("no one", |person| &person.name)
}

/// `Thu 24 Dec 17:00 CST` in the roster's time zone, with the year unless it is that of `now`.
pub fn local(roster: &Roster, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    ClockWords::new(&roster.timezone).moment(at, now)
}

/// A role that an override gives to someone, with its times.
pub type Given<'a> = (&'a Role, &'a LiaisonId, DateTime<Utc>, DateTime<Utc>);

/// Nobody reads more of these after a change.
const HURDLES_MAX: usize = 10;

/// Explains why someone is not on call although an override gives them the role: they are away or hold the other role.
/// What is over at `now` is left out.
///
/// # Errors
///
/// The stream is closed.
pub fn tell_hurdles(roster: &Roster, given: &[Given<'_>], now: DateTime<Utc>, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<String> = given.iter().flat_map(|one| hurdles(roster, one, now)).collect();
    for hurdle in all.iter().take(HURDLES_MAX) {
        writeln!(out, "{hurdle}")?;
    }
    if all.len() > HURDLES_MAX {
        writeln!(out, "{} more like these", all.len() - HURDLES_MAX)?;
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
            format!("{name} is away from {start} to {end} ({}:{}) and will not be paged then", place.file, place.line)
        })
        .collect();
    for time in &liaison.unavailable {
        hurdles.extend(roster.unavailable_periods(time, from, *to).into_iter().map(|(start, end)| {
            let (place, start, end) = (&time.place, show(start), show(end));
            format!(
                "{name} is unavailable from {start} to {end} ({}:{}) and will not be paged then",
                place.file, place.line
            )
        }));
    }
    if **role == Role::backup() {
        let shifts = roster.shifts(&Role::primary(), from, *to);
        let primary = shifts.iter().filter(|shift| shift.on_call.as_ref().is_some_and(|(on_call, _)| on_call == *id));
        hurdles.extend(primary.map(|shift| {
            let (start, end) = (show(shift.from), show(shift.to));
            format!("{name} is primary from {start} to {end}, so someone else is backup")
        }));
    }
    hurdles
}
