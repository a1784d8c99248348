//! The single rule for who is on call for a role at an instant.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::id::{LiaisonId, Role, WindowName};
use crate::domain::local_time;
use crate::domain::place::Place;
use crate::domain::roster::rotation::{During, Rotation};
use crate::domain::roster::{Liaison, Override, Roster};

/// Who is on call for a role, and why.
#[derive(Debug, Clone)]
pub struct OnCall<'roster> {
    pub liaison: &'roster Liaison,
    /// The line and the rule that selected the person.
    pub why: Why,
}

/// The line of a file and the rule that selected a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Why {
    #[serde(flatten)]
    pub place: Place,
    pub rule: Rule,
    /// The window of the rotation, if it applies in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowName>,
}

impl Why {
    pub fn new(place: Place, rule: Rule) -> Self {
        Self { place, rule, window: None }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, rule, window } = self;
        write!(out, "{}:{} {rule}", place.file, place.line)?;
        window.as_ref().map_or(Ok(()), |window| write!(out, ", window `{window}`"))
    }
}

/// The part of the rule that selected a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// A scheduled override.
    Override,
    /// Next in rotation.
    Turn,
    /// Covers for an absent person in the rotation.
    Cover,
    /// The people before in the rotation are not available.
    NextInRotation,
    Acknowledged,
    /// Chosen by the person who has it, or by one who may not answer.
    HandedOver,
    /// Approves statements for the department.
    Approver,
    /// No one is on call, and this is the first person who can be reached.
    LastResort,
}

impl Rule {
    /// The rule in words, for people who ask why.
    pub fn words(self) -> &'static str {
        match self {
            Self::Override => "scheduled override",
            Self::Turn => "next in rotation",
            Self::Cover => "covering for the person in rotation",
            Self::NextInRotation => "next in rotation because the people before are not available",
            Self::Acknowledged => "acknowledged it",
            Self::HandedOver => "chosen by a colleague",
            Self::Approver => "approves for the department",
            Self::LastResort => "no one is on call; first person who can be reached",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.words())
    }
}

/// Whether a page must pass over a liaison, for example because they are involved in the incident.
pub type PassOver<'a> = &'a dyn Fn(&Liaison) -> bool;

impl Roster {
    /// Who is on call for a role at an instant; `None` is a coverage gap.
    ///
    /// The candidates are the people of the overrides that cover the instant, the last in the file first. Then, from
    /// the first rotation whose `during` applies, that has begun, and whose turn is not a free one: the person whose
    /// turn it is, their covers if they are away, and the others in order. On call is the first candidate who is not
    /// away, not passed over and, for `backup`, not on call as `primary`.
    pub fn on_call(&self, role: &Role, at: DateTime<Utc>, pass_over: PassOver) -> Option<OnCall<'_>> {
        let (liaison, candidate) = self.chosen(role.as_str(), &self.moment(at), pass_over)?;
        Some(OnCall { liaison, why: candidate.why() })
    }

    /// The rotation in force for a role at an instant, whoever is on call.
    pub fn rotation_in_force(&self, role: &Role, at: DateTime<Utc>) -> Option<&Rotation> {
        self.in_force(role.as_str(), &self.moment(at))
    }

    /// The roles in the roster, `primary` and `backup` first.
    pub fn roles(&self) -> Vec<Role> {
        let named = self.rotations.iter().map(|rotation| &rotation.role);
        let overridden = self.overrides.iter().map(|change| &change.role);
        let mut roles = vec![Role::primary(), Role::backup()];
        for role in named.chain(overridden) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        roles
    }

    /// An instant from the roster's point of view.
    pub(super) fn moment(&self, at: DateTime<Utc>) -> Moment<'_> {
        let covering = self.overrides.iter().rev().filter(|change| change.from <= at && at < change.to);
        let shown = local_time::latest_shown(&self.timezone, at);
        Moment { at, shown, is_staffed: self.hours.cover(shown), covering: covering.collect() }
    }

    /// The person on call for a role, and the candidacy that selected them.
    pub(super) fn chosen<'a>(
        &'a self,
        role: &str,
        moment: &Moment<'a>,
        pass_over: PassOver,
    ) -> Option<(&'a Liaison, Candidate<'a>)> {
        let primary = if role == Role::BACKUP { self.chosen(Role::PRIMARY, moment, pass_over) } else { None };
        let primary = primary.map(|(liaison, _)| &liaison.id);
        self.candidates(role, moment).find_map(|candidate| {
            let liaison = self.liaison(candidate.liaison).filter(|liaison| primary != Some(&liaison.id))?;
            let is_away = liaison.absence(moment.at).is_some() || liaison.is_unavailable(moment.shown);
            (!is_away && !pass_over(liaison)).then_some((liaison, candidate))
        })
    }

    /// The rotations of a role whose `during` applies, up to and including the one in force: the first that has begun
    /// and whose turn is not a free one.
    pub(super) fn rotations_up_to_force(&self, role: &str, moment: &Moment) -> impl Iterator<Item = &Rotation> {
        let mut is_found = false;
        self.holding(role, moment).take_while(move |rotation| {
            let is_in_force = rotation.has_begun(moment.shown) && !self.is_free(rotation, moment);
            !std::mem::replace(&mut is_found, is_in_force)
        })
    }

    /// The first rotation of a role that applies, but whose turn at an instant is a free one.
    pub fn free_turn(&self, role: &Role, at: DateTime<Utc>) -> Option<&Rotation> {
        let moment = self.moment(at);
        let mut begun = self.holding(role.as_str(), &moment).filter(|rotation| rotation.has_begun(moment.shown));
        begun.find(|rotation| self.is_free(rotation, &moment))
    }

    fn holding(&self, role: &str, moment: &Moment) -> impl Iterator<Item = &Rotation> {
        let of_role = self.rotations.iter().filter(move |rotation| rotation.role.as_str() == role);
        of_role.filter(|rotation| match &rotation.during {
            During::Hours => moment.is_staffed,
            During::AfterHours => !moment.is_staffed,
            During::Always => true,
            During::Window(window) => window.cover(moment.shown),
        })
    }

    fn is_free(&self, rotation: &Rotation, moment: &Moment) -> bool {
        let turn = || rotation.liaisons.get(self.turn(rotation, moment.shown));
        rotation.has_free_turns() && turn().is_none_or(Option::is_none)
    }

    fn in_force(&self, role: &str, moment: &Moment) -> Option<&Rotation> {
        let mut begun = self.holding(role, moment).filter(|rotation| rotation.has_begun(moment.shown));
        begun.find(|rotation| !self.is_free(rotation, moment))
    }

    fn candidates<'a>(&'a self, role: &str, moment: &Moment<'a>) -> impl Iterator<Item = Candidate<'a>> {
        let covering = moment.covering.iter().filter(move |change| change.role.as_str() == role);
        let overrides = covering.map(|change| Candidate::new(&change.liaison, &change.place, Rule::Override));
        let in_force = self.in_force(role, moment);
        overrides.chain(in_force.into_iter().flat_map(move |rotation| self.in_turn(rotation, moment)))
    }

    /// The person whose turn it is, their covers if they are away, and the others in rotation order.
    fn in_turn<'roster>(
        &'roster self,
        rotation: &'roster Rotation,
        moment: &Moment,
    ) -> impl Iterator<Item = Candidate<'roster>> {
        let people = &rotation.liaisons;
        let turn = self.turn(rotation, moment.shown);
        let window = rotation.during.window();
        let first = people.get(turn).into_iter().flatten();
        let covers = first.clone().filter_map(|id| self.liaison(id)).flat_map(|liaison| liaison.absences(moment.at));
        let covers = covers.filter_map(move |away| {
            let cover = Candidate::new(away.cover.as_ref()?, &away.place, Rule::Cover);
            Some(Candidate { window, ..cover })
        });
        let others = people.iter().cycle().skip(turn + 1).take(people.len().saturating_sub(1)).flatten();
        let of_rotation = |rule| move |id| Candidate { window, ..Candidate::new(id, &rotation.place, rule) };
        first.map(of_rotation(Rule::Turn)).chain(covers).chain(others.map(of_rotation(Rule::NextInRotation)))
    }
}

/// An instant with what the roster needs to know about it, computed once for all queries.
pub(super) struct Moment<'roster> {
    pub(super) at: DateTime<Utc>,
    /// The latest local time that the clocks have shown.
    pub(super) shown: NaiveDateTime,
    pub(super) is_staffed: bool,
    /// The overrides that cover it, at least for the requested roles, the last in the file first.
    pub(super) covering: Vec<&'roster Override>,
}

/// A candidate for a role, with the line and rule that would select them.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'roster> {
    pub(super) liaison: &'roster LiaisonId,
    place: &'roster Place,
    rule: Rule,
    window: Option<&'roster WindowName>,
}

impl<'roster> Candidate<'roster> {
    fn new(liaison: &'roster LiaisonId, place: &'roster Place, rule: Rule) -> Self {
        Self { liaison, place, rule, window: None }
    }

    /// Whether the same line and rule would select both.
    pub(super) fn has_why_of(&self, other: &Self) -> bool {
        (self.place, self.rule, self.window) == (other.place, other.rule, other.window)
    }

    pub(super) fn why(&self) -> Why {
        Why { place: self.place.clone(), rule: self.rule, window: self.window.cloned() }
    }
}
