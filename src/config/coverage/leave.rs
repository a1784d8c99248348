//! People who are on leave in one roster and on call in another.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use chrono::{DateTime, Utc};

use crate::config::coverage::stretches::Stretch;
use crate::config::coverage::walk::Walk;
use crate::config::coverage::words::interval;
use crate::diagnostic::{Code, Diagnostic};
use crate::domain::id::{DepartmentId, LiaisonId, Role};
use crate::domain::local_time;
use crate::domain::roster::unavailable::Unavailable;
use crate::domain::roster::{Away, Liaison, Roster};

/// A diagnostic for each role that someone on leave has in another roster, at their entry there.
pub fn away_elsewhere(walk: &Walk<'_>) -> Vec<Diagnostic> {
    let others = Others::new(walk);
    let rosters = || walk.plan.rosters.values().map(AsRef::as_ref);
    let people = || rosters().flat_map(|roster: &Roster| roster.liaisons.iter().map(move |liaison| (roster, liaison)));
    let on_leave = people().filter(|(_, liaison)| !liaison.away.is_empty());
    let of_leaves = on_leave.flat_map(|(roster, liaison)| {
        let duties = others.duties(roster, liaison);
        liaison.away.iter().flat_map(|away| of_leave(walk, roster, away, &duties)).collect::<Vec<_>>()
    });
    let unavailable = people().filter(|(_, liaison)| !liaison.unavailable.is_empty());
    let of_weekly_times = unavailable.flat_map(|(roster, liaison)| {
        let duties = others.duties(roster, liaison);
        liaison.unavailable.iter().flat_map(|time| of_weekly_time(walk, roster, time, &duties)).collect::<Vec<_>>()
    });
    of_leaves.chain(of_weekly_times).collect()
}

/// A role that a person has in another roster.
struct Duty<'a> {
    roster: &'a Roster,
    /// The person's entry there, under whatever ID: a page to it reaches the same person.
    liaison: &'a Liaison,
    role: Role,
    /// When, in order.
    times: Vec<Stretch>,
}

/// Who has a role when, by person.
type Times = BTreeMap<LiaisonId, Vec<Stretch>>;

/// The entries of all rosters by contact, and their duties, each computed once.
struct Others<'a> {
    walk: &'a Walk<'a>,
    by_key: BTreeMap<String, Vec<(&'a Roster, &'a Liaison)>>,
    times: RefCell<BTreeMap<(DepartmentId, Role), Rc<Times>>>,
}

impl<'a> Others<'a> {
    fn new(walk: &'a Walk<'_>) -> Self {
        let mut by_key: BTreeMap<String, Vec<(&Roster, &Liaison)>> = BTreeMap::new();
        for roster in walk.plan.rosters.values() {
            for liaison in &roster.liaisons {
                for key in liaison.keys() {
                    by_key.entry(key.into_owned()).or_default().push((roster, liaison));
                }
            }
        }
        Self { walk, by_key, times: RefCell::default() }
    }

    /// What a person does in other rosters, in the order of the rosters and their entries.
    fn duties(&self, roster: &Roster, person: &Liaison) -> Vec<Duty<'a>> {
        let mut entries: Vec<(&Roster, &Liaison)> = Vec::new();
        let mut taken = BTreeSet::new();
        for key in person.keys() {
            let all = self.by_key.get(key.as_ref()).into_iter().flatten();
            let elsewhere = all.filter(|(other, _)| other.department != roster.department);
            entries.extend(elsewhere.filter(|(other, liaison)| taken.insert((&other.department, &liaison.id))));
        }
        entries.sort_by_key(|(other, liaison)| (&other.department, liaison.place.line, &liaison.id));
        let of_entry = |(other, liaison): (&'a Roster, &'a Liaison)| {
            other.roles().into_iter().filter_map(move |role| {
                let times = self.times(other, &role).get(&liaison.id)?.clone();
                Some(Duty { roster: other, liaison, role, times })
            })
        };
        entries.into_iter().flat_map(of_entry).collect()
    }

    fn times(&self, roster: &Roster, role: &Role) -> Rc<Times> {
        let key = (roster.department.clone(), role.clone());
        if let Some(known) = self.times.borrow().get(&key) {
            return Rc::clone(known);
        }
        let duty = self.walk.duties.role(&roster.department, role);
        let mut times = Times::new();
        for shift in duty.shifts.iter().filter(|shift| shift.from < self.walk.span.to) {
            let Some((id, _)) = &shift.on_call else { continue };
            times.entry(id.clone()).or_default().push((shift.from, shift.to.min(self.walk.span.to)));
        }
        let times = Rc::new(times);
        self.times.borrow_mut().insert(key, Rc::clone(&times));
        times
    }
}

fn of_weekly_time(walk: &Walk<'_>, roster: &Roster, time: &Unavailable, duties: &[Duty<'_>]) -> Vec<Diagnostic> {
    if duties.is_empty() {
        return Vec::new();
    }
    let periods = roster.unavailable_periods(time, walk.span.from, walk.span.to);
    let report = |duty: &Duty<'_>| {
        let both = common(&duty.times, &periods);
        let when = interval(&duty.roster.timezone, *both.first()?, both.len(), walk.span.to);
        let (id, role, there) = (&duty.liaison.id, &duty.role, &duty.roster.department);
        let message = format!(
            "`{id}` is on call as `{role}` in `{there}` {when}, but is unavailable in the roster of `{}`",
            roster.department
        );
        let hint = format!("that is at {}:{}; write the same `unavailable` here", time.place.file, time.place.line);
        Some(Diagnostic::warning(Code::AwayElsewhere, &walk.texts.line(&duty.liaison.place), message).hint(hint))
    };
    duties.iter().filter_map(report).collect()
}

fn of_leave(walk: &Walk<'_>, roster: &Roster, away: &Away, duties: &[Duty<'_>]) -> Vec<Diagnostic> {
    let within = (away.from.max(walk.span.from), away.to.min(walk.span.to));
    if within.0 >= within.1 {
        return Vec::new();
    }
    let report = |duty: &Duty<'_>| {
        let both = common(&duty.times, &[within]);
        let zone = &duty.roster.timezone;
        let when = interval(zone, *both.first()?, both.len(), within.1);
        let (id, role, there) = (&duty.liaison.id, &duty.role, &duty.roster.department);
        let message = format!(
            "`{id}` is on call as `{role}` in `{there}` {when}, but is away in the roster of `{}`",
            roster.department
        );
        let local = |at: DateTime<Utc>| local_time::to_local(zone, at).format("%Y-%m-%d %H:%M");
        let entry = format!("away = [{{ from = \"{}\", to = \"{}\" }}]", local(away.from), local(away.to));
        let hint =
            format!("the absence is at {}:{}; to add it here too, use `{entry}`", away.place.file, away.place.line);
        Some(Diagnostic::warning(Code::AwayElsewhere, &walk.texts.line(&duty.liaison.place), message).hint(hint))
    };
    duties.iter().filter_map(report).collect()
}

/// The times in both of two lists, each of which is in order and without overlaps.
fn common(ones: &[Stretch], others: &[Stretch]) -> Vec<Stretch> {
    let mut both = Vec::new();
    let mut first = ones.first().map_or(0, |one| others.partition_point(|other| other.1 <= one.0));
    let start = others.first().map_or(0, |other| ones.partition_point(|one| one.1 <= other.0));
    for one in &ones[start..] {
        first += others[first..].iter().take_while(|other| other.1 <= one.0).count();
        let meeting = others[first..].iter().take_while(|other| other.0 < one.1);
        both.extend(meeting.map(|other| (one.0.max(other.0), one.1.min(other.1))));
    }
    both
}
