//! Why no one is on call for a role: the line at fault, and a fix.

use chrono::{DateTime, Utc};

use crate::config::coverage::words::local;
use crate::domain::id::Role;
use crate::domain::local_time;
use crate::domain::place::Place;
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::{Away, Roster};

/// Why no one is on call for a role at an instant.
pub struct Cause<'a> {
    pub place: Option<&'a Place>,
    /// A fix.
    pub hint: String,
    /// The absence without cover that causes the gap.
    pub absence: Option<&'a Away>,
}

impl<'a> Cause<'a> {
    /// Looks for the cause in this order: a rotation that applies but finds no one, a free turn, a rotation that has not
    /// started, one that applies at other hours, none at all.
    pub fn of_gap(roster: &'a Roster, role: &Role, at: DateTime<Utc>) -> Self {
        let staffed = roster.is_staffed(at);
        let rotations = || roster.rotations.iter().filter(|rotation| rotation.role == *role);
        let shown = local_time::latest_shown(&roster.timezone, at);
        let fits = |rotation: &&Rotation| match &rotation.during {
            During::Hours => staffed,
            During::AfterHours => !staffed,
            During::Always => true,
            During::Window(window) => window.cover(shown),
        };
        if let Some(rotation) = roster.rotation_in_force(role, at) {
            return Self::nobody_left(roster, rotation, role, at);
        }
        if let Some(rotation) = roster.free_turn(role, at) {
            let hint = "this is a free turn (`-`) of this rotation, and no later one covers it; put a liaison there, or \
                        add a rotation below";
            return Self { place: Some(&rotation.place), hint: hint.to_owned(), absence: None };
        }
        if let Some((rotation, handoff)) =
            rotations().filter(fits).find_map(|one| Some((one, one.handoff?))).filter(|(one, _)| !one.has_begun(shown))
        {
            let begins = local(&roster.timezone, local_time::to_instant(&roster.timezone, handoff));
            let hint = format!("this rotation starts at {begins}; set an earlier `handoff`");
            return Self { place: Some(&rotation.place), hint, absence: None };
        }
        let (when, during) = if staffed {
            ("during the department's hours", "hours")
        } else {
            ("outside the department's hours", "after-hours")
        };
        let hint = match rotations().next() {
            Some(_) => format!("no rotation for `{role}` applies {when}; add one with `during = \"{during}\"`"),
            None => format!("add a `[[rotation]]` with `role = \"{role}\"`"),
        };
        Self { place: rotations().next().map(|rotation| &rotation.place), hint, absence: None }
    }

    fn nobody_left(roster: &'a Roster, rotation: &'a Rotation, role: &Role, at: DateTime<Utc>) -> Self {
        let turn = roster.turn(rotation, local_time::latest_shown(&roster.timezone, at));
        let from_turn = rotation.liaisons.iter().cycle().skip(turn).take(rotation.liaisons.len());
        let absences = from_turn.flatten().filter_map(|id| roster.liaison(id)?.absence(at));
        let absence = absences.into_iter().find(|away| away.cover.is_none());
        let excuse = if *role == Role::backup() {
            "is away, unavailable, or already `primary`"
        } else {
            "is away or unavailable"
        };
        let hint = match absence {
            Some(away) => format!(
                "everyone in this rotation {excuse}; set a `cover` in the absence on line {}, or add people",
                away.place.line
            ),
            None => format!("everyone in this rotation {excuse}; add people to its `liaisons`"),
        };
        Self { place: Some(&rotation.place), hint, absence }
    }
}
