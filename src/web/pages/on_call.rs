//! Who is on call in each department, until when, and who comes then; gaps and hand-offs of the next days.

use askama::Template;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use crate::domain::id::Role;
use crate::domain::instant::Now;
use crate::domain::local_time::to_instant;
use crate::domain::plan::Plan;
use crate::domain::roster::{Liaison, Roster};
use crate::web::pages::duty::Department;
use crate::web::pages::frame::{Frame, Site, Tab};
use crate::web::pages::viewer::Viewer;
use crate::web::words::Times;

/// How far ahead gaps are looked for.
const GAPS_WITHIN: TimeDelta = TimeDelta::days(7);

/// How far ahead hand-offs are listed.
const HAND_OFFS_WITHIN: TimeDelta = TimeDelta::hours(24);

/// How far ahead absences are listed.
const ABSENCES_WITHIN: TimeDelta = TimeDelta::days(28);

/// How a browser writes a local time.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

#[derive(Debug, Template)]
#[template(path = "on-call.html")]
pub struct OnCallPage {
    frame: Frame,
    as_of: String,
    /// What the field for another time has in it.
    at: String,
    is_now: bool,
    error: Option<&'static str>,
    roles: Vec<Role>,
    departments: Vec<Department>,
    gaps: Vec<String>,
    hand_offs: Vec<HandOff>,
    absences: Vec<Absence>,
}

/// Those whose duty begins at one time.
#[derive(Debug)]
pub struct HandOff {
    pub at: String,
    /// With their departments.
    pub people: Vec<(String, String)>,
}

#[derive(Debug)]
pub struct Absence {
    pub name: String,
    /// Who covers, if somebody does.
    pub cover: Option<String>,
    pub when: String,
}

impl OnCallPage {
    /// The page as its address asks for it: now, or at a local time of its reader.
    pub fn new(site: Site<'_>, plan: &Plan, now: Now, viewer: &Viewer, query: &str) -> Self {
        let times = Times::new(&viewer.zone, now);
        let asked = asked_time(query, viewer);
        let (at, error) = (asked.unwrap_or(None), asked.err());
        let shown = at.map_or(now, |at| Now { logical: now.logical + (at - now.wall), wall: at });
        let roles = roles(plan);
        Self {
            frame: Frame::new(site, viewer, times, Tab::OnCall),
            as_of: times.wall_to_the_second(shown.wall),
            at: viewer.zone.local(shown.wall).format(LOCAL).to_string(),
            is_now: at.is_none(),
            error,
            departments: Department::all(plan, shown),
            gaps: gaps(plan, shown, &roles),
            hand_offs: hand_offs(plan, shown, times),
            absences: absences(plan, shown),
            roles,
        }
    }
}

/// The time that an address asks for; `None` for now.
fn asked_time(query: &str, viewer: &Viewer) -> Result<Option<DateTime<Utc>>, &'static str> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    match pairs.as_slice() {
        [] => Ok(None),
        [(key, value)] if key == "at" && value.is_empty() => Ok(None),
        [(key, value)] if key == "at" => {
            let local =
                NaiveDateTime::parse_from_str(value, LOCAL).map_err(|_| "Enter the time as 2026-12-31T17:00.")?;
            Ok(Some(to_instant(&viewer.zone, local)))
        }
        _ => Err("The address has something that this page does not know. Choose again."),
    }
}

/// All roles of all rosters, primary and backup first.
fn roles(plan: &Plan) -> Vec<Role> {
    let mut roles: Vec<Role> = Vec::new();
    for role in plan.rosters.values().flat_map(|roster| roster.roles()) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    let first = [Role::primary(), Role::backup()];
    roles.sort_by_key(|role| first.iter().position(|known| known == role).unwrap_or(first.len()));
    roles
}

/// "Privacy Office has no primary from 17:00 CST to Fri, Dec 4, 08:00 CST", for each gap of the next days.
fn gaps(plan: &Plan, now: Now, roles: &[Role]) -> Vec<String> {
    let to = now.wall + GAPS_WITHIN;
    let of_roster = |roster: &Roster| {
        let times = Times::new(&roster.timezone, now);
        let held = roster.roles();
        let shifts = roles.iter().filter(|role| held.contains(role)).flat_map(|role| {
            let gaps = roster.shifts(role, now.wall, to).into_iter().filter(|shift| shift.on_call.is_none());
            gaps.map(move |gap| (role, gap)).collect::<Vec<_>>()
        });
        let said = shifts.map(|(role, gap)| {
            let when = match (gap.from <= now.wall, gap.to >= to) {
                (true, true) => "at all".to_owned(),
                (true, false) => format!("until {}", times.wall(gap.to)),
                (false, true) => format!("from {} on", times.wall(gap.from)),
                (false, false) => format!("from {} to {}", times.wall(gap.from), times.wall(gap.to)),
            };
            format!("{} has no {role} {when}.", roster.name)
        });
        said.collect::<Vec<_>>()
    };
    plan.rosters.values().flat_map(|roster| of_roster(roster)).collect()
}

fn hand_offs(plan: &Plan, now: Now, times: Times<'_>) -> Vec<HandOff> {
    let to = now.wall + HAND_OFFS_WITHIN;
    let primary = Role::primary();
    let mut starts: Vec<(DateTime<Utc>, String, String)> = Vec::new();
    for roster in plan.rosters.values() {
        let shifts = roster.shifts(&primary, now.wall, to).into_iter().filter(|shift| shift.from > now.wall);
        let named = shifts.filter_map(|shift| Some((shift.from, roster.liaison(&shift.on_call?.0)?.name.clone())));
        starts.extend(named.map(|(from, name)| (from, name, roster.name.clone())));
    }
    starts.sort();
    let groups = starts.chunk_by(|one, next| one.0 == next.0);
    let group = |group: &[(DateTime<Utc>, String, String)]| HandOff {
        at: times.wall(group[0].0),
        people: group.iter().map(|(_, name, department)| (name.clone(), department.clone())).collect(),
    };
    groups.map(group).collect()
}

fn absences(plan: &Plan, now: Now) -> Vec<Absence> {
    let to = now.wall + ABSENCES_WITHIN;
    let mut found: Vec<(DateTime<Utc>, Absence)> = Vec::new();
    for roster in plan.rosters.values() {
        let times = Times::new(&roster.timezone, now);
        let absent = |liaison: &Liaison| {
            let coming = liaison.away.iter().filter(|away| away.to > now.wall && away.from < to);
            let told = coming.map(|away| {
                let cover = away.cover.as_ref().and_then(|id| roster.liaison(id)).map(|cover| cover.name.clone());
                let when = format!("{} to {}, {}", times.wall(away.from), times.wall(away.to), roster.name);
                (away.from, Absence { name: liaison.name.clone(), cover, when })
            });
            told.collect::<Vec<_>>()
        };
        found.extend(roster.liaisons.iter().flat_map(absent));
    }
    found.sort_by_key(|(from, _)| *from);
    found.into_iter().map(|(_, absence)| absence).collect()
}
